//! Which call is answered by what.

use super::pages::Page;
use crate::meta::inbox::{Inboxes, Kind};
use crate::meta::{Call, GraphError, Meta, Outcome, Platform, answer};
use axum::http::Method;
use axum::response::Response;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The whole platform. Copies are the same one.
#[derive(Clone, Debug)]
pub(super) struct Facebook {
    pub(super) inboxes: Inboxes,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    /// By the token it was made from, and the Page.
    page_tokens: Arc<Mutex<HashMap<(String, String), String>>>,
}

impl Facebook {
    pub(super) fn new(inboxes: Inboxes) -> Self {
        Self { inboxes, pages: Arc::default(), page_tokens: Arc::default() }
    }

    pub(super) fn pages(&self) -> MutexGuard<'_, BTreeMap<String, Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn page_tokens(&self) -> MutexGuard<'_, HashMap<(String, String), String>> {
        self.page_tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `/{page}/messages`: to somebody of the Page's inbox, or of its Instagram account's.
    async fn send(&self, call: &Call, id: &str) -> Outcome {
        let token = self.inboxes.meta().authorise(call)?;
        let recipient = call.json("recipient").unwrap_or_default();
        let recipient = recipient["id"].as_str().unwrap_or_default();
        let linked = token.profile_id.as_ref().and_then(|id| self.pages().get(id)?.instagram.clone());
        let by_instagram = {
            let inboxes = self.inboxes.all();
            let knows = |id: &str| inboxes.get(id).is_some_and(|inbox| inbox.people.contains_key(recipient));
            let here = token.profile_id.as_deref().is_some_and(knows);
            linked.filter(|account| !here && knows(&account.id))
        };
        let kind = if by_instagram.is_some() { Kind::PageInstagram } else { Kind::Messenger };
        let (page, token) = self.page_of(call, id, kind.scope(), "MESSAGING")?;
        let account = by_instagram.map_or(page.id, |account| account.id);
        self.inboxes.send(call, &account, &token.app_id).await
    }

    fn conversations(&self, call: &Call, id: &str) -> Outcome {
        let instagram = call.text("platform").is_some_and(|platform| platform.eq_ignore_ascii_case("instagram"));
        let scope = if instagram { Kind::PageInstagram.scope() } else { "pages_read_engagement" };
        let (page, _) = self.page_of(call, id, scope, "MESSAGING")?;
        let path = format!("{}/conversations", page.id);
        if !instagram {
            return self.inboxes.conversations(call, &page.id, &path);
        }
        let account = page.instagram.ok_or_else(|| GraphError::missing(id))?;
        self.inboxes.conversations(call, &account.id, &path)
    }

    fn subscribed_apps(&self, call: &Call, id: &str) -> Outcome {
        let (page, token) = self.page_of(call, id, "pages_manage_metadata", "MODERATE")?;
        self.inboxes.meta().subscribed_apps(call, &page.id, &token.app_id)
    }

    async fn upload_ahead(&self, call: &Call, id: &str) -> Outcome {
        let kind = Kind::Messenger;
        let (page, _) = self.page_of(call, id, kind.scope(), "MESSAGING")?;
        self.inboxes.upload_ahead(call, kind, &page.id).await
    }
}

impl Platform for Facebook {
    fn meta(&self) -> &Meta {
        self.inboxes.meta()
    }

    async fn call(&self, call: Call) -> Response {
        let (get, post) = (call.method == Method::GET, call.method == Method::POST);
        answer(match call.path().as_slice() {
            ["me", "accounts"] if get => self.accounts(&call),
            [id, "subscribed_apps"] => self.subscribed_apps(&call, id),
            [id, "messages"] if post => self.send(&call, id).await,
            [thread, "messages"] if get => self.thread_messages(&call, thread),
            [id, "message_attachments"] if post => self.upload_ahead(&call, id).await,
            [id, "conversations"] if get => self.conversations(&call, id),
            [id] if get => self.node(&call, id),
            _ => Err(unknown(&call)),
        })
    }
}

/// No such path.
fn unknown(call: &Call) -> GraphError {
    let path = call.segments.join("/");
    GraphError { kind: "OAuthException", ..GraphError::new(2_500, format!("Unknown path components: /{path}")) }
}
