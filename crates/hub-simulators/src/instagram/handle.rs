//! Starting the simulator, and working it from Rust.

use super::accounts::Account;
use super::server::Instagram;
use super::{InstagramOptions, control};
use crate::meta::inbox::Inboxes;
use crate::meta::{LONG_LIFE, Login, Manners, Meta, Token, TokenKind, serve};
use tokio::net::TcpListener;

/// Permissions of an app that reads and answers.
const SCOPES: [&str; 2] = [super::tokens::BASIC, "instagram_business_manage_messages"];

/// A running simulator. Ends when dropped.
#[derive(Debug)]
pub struct InstagramHandle {
    platform: Instagram,
}

impl Drop for InstagramHandle {
    fn drop(&mut self) {
        self.meta().stop();
    }
}

/// Starts the simulator on loopback.
pub async fn start(options: InstagramOptions) -> std::io::Result<InstagramHandle> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let manners =
        Manners { login: Login::Instagram, token_status: 401, default_scopes: &SCOPES, configuration_signs_up: false };
    let platform = Instagram::new(Inboxes::new(Meta::new(options, &base_url, manners)?));
    serve(listener, platform.clone(), control::routes(&platform));
    Ok(InstagramHandle { platform })
}

impl InstagramHandle {
    /// In place of `https://graph.instagram.com`.
    pub fn graph_base_url(&self) -> &str {
        self.meta().base_url()
    }

    /// In place of `https://www.instagram.com`.
    pub fn dialog_base_url(&self) -> &str {
        self.meta().base_url()
    }

    /// In place of `https://api.instagram.com`.
    pub fn api_base_url(&self) -> &str {
        self.meta().base_url()
    }

    /// Apps, logins, tokens, webhooks, faults, clock, log. An app here is an Instagram app, with its own id and secret.
    pub fn meta(&self) -> &Meta {
        self.platform.inboxes.meta()
    }

    /// People, and what they say; accounts are professional accounts' ids.
    pub fn inboxes(&self) -> &Inboxes {
        &self.platform.inboxes
    }

    /// Makes a professional account that can log in; its id for the app is made from its own.
    pub fn create_account(&self, id: &str, username: &str) {
        self.platform.create_account(Account {
            id: id.to_owned(),
            app_scoped_id: format!("9{id}"),
            username: username.to_owned(),
            name: username.replace(['.', '_'], " "),
        });
    }

    /// Whether a code is answered with a bare object from now on, as has been seen, in place of `data[]`.
    pub fn answer_codes_flat(&self, flat: bool) {
        self.platform.set_flat_answers(flat);
    }

    /// A fresh long-lived token of an account without the dialog.
    pub fn account_token(&self, app_id: &str, account: &str) -> Token {
        let made = self.meta().token_for(TokenKind::Instagram, app_id, account, &SCOPES, &[]);
        let expires_at = Some(made.issued_at + LONG_LIFE);
        self.meta().issue_token(Token { expires_at, ..made })
    }

    /// Ends every task.
    pub async fn shutdown(&self) {
        self.meta().shutdown().await;
    }
}
