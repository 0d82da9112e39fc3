//! Starting the simulator, and working it from Rust.

use super::pages::Page;
use super::server::Facebook;
use super::{FacebookOptions, control};
use crate::meta::inbox::Inboxes;
use crate::meta::{Login, Manners, Meta, Token, TokenKind, serve};
use tokio::net::TcpListener;

/// What is asked for when the dialog's address names a configuration in place of scopes.
const SCOPES: [&str; 6] = [
    "pages_show_list",
    "pages_messaging",
    "pages_manage_metadata",
    "pages_read_engagement",
    "instagram_basic",
    "instagram_manage_messages",
];

/// A running simulator. Ends when dropped.
#[derive(Debug)]
pub struct FacebookHandle {
    platform: Facebook,
}

impl Drop for FacebookHandle {
    fn drop(&mut self) {
        self.meta().stop();
    }
}

/// Starts the simulator on loopback.
pub async fn start(options: FacebookOptions) -> std::io::Result<FacebookHandle> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let manners =
        Manners { login: Login::Facebook, token_status: 400, default_scopes: &SCOPES, configuration_signs_up: false };
    let platform = Facebook::new(Inboxes::new(Meta::new(options, &base_url, manners)?));
    serve(listener, platform.clone(), control::routes(&platform));
    Ok(FacebookHandle { platform })
}

impl FacebookHandle {
    /// In place of `https://graph.facebook.com`.
    pub fn graph_base_url(&self) -> &str {
        self.meta().base_url()
    }

    /// In place of `https://www.facebook.com`.
    pub fn dialog_base_url(&self) -> &str {
        self.meta().base_url()
    }

    /// Apps, logins, tokens, webhooks, faults, clock, log.
    pub fn meta(&self) -> &Meta {
        self.platform.inboxes.meta()
    }

    /// People, and what they say; accounts are Page ids, and ids of linked Instagram accounts.
    pub fn inboxes(&self) -> &Inboxes {
        &self.platform.inboxes
    }

    /// Makes a Page that a person can grant; the person is made when nobody knows them. A Page that exists gets the new name
    /// and tasks.
    pub fn create_page(&self, user_id: &str, page: Page) {
        self.platform.create_page(user_id, page);
    }

    /// What people may do on a Page from now on.
    pub fn set_tasks(&self, page_id: &str, tasks: &[&str]) {
        if let Some(page) = self.platform.pages().get_mut(page_id) {
            page.tasks = tasks.iter().map(|task| (*task).to_owned()).collect();
        }
    }

    /// A Page's token without the dialog, with every permission, as a long-lived login makes it.
    pub fn page_token(&self, app_id: &str, user_id: &str, page_id: &str) -> Token {
        let user = self.meta().token_for(TokenKind::User, app_id, user_id, &SCOPES, &[page_id]);
        self.platform.page_token(&user, page_id)
    }

    /// Ends every task.
    pub async fn shutdown(&self) {
        self.meta().shutdown().await;
    }
}
