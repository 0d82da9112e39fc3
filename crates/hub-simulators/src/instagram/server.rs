//! Which call is answered by what.

use super::accounts::Account;
use super::tokens::BASIC;
use crate::meta::inbox::{Inboxes, Kind};
use crate::meta::{Call, GraphError, Meta, Outcome, Platform, answer};
use axum::http::Method;
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The whole platform. Copies are the same one.
#[derive(Clone, Debug)]
pub(super) struct Instagram {
    pub(super) inboxes: Inboxes,
    by_id: Arc<Mutex<BTreeMap<String, Account>>>,
    /// Whether a code is answered with a bare object, as has been seen.
    flat: Arc<AtomicBool>,
}

impl Instagram {
    pub(super) fn new(inboxes: Inboxes) -> Self {
        Self { inboxes, by_id: Arc::default(), flat: Arc::default() }
    }

    pub(super) fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, Account>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn flat_answers(&self) -> bool {
        self.flat.load(Ordering::Relaxed)
    }

    pub(super) fn set_flat_answers(&self, flat: bool) {
        self.flat.store(flat, Ordering::Relaxed);
    }

    /// A picture of an account.
    pub(super) fn picture(&self) -> String {
        self.inboxes.picture()
    }

    async fn send(&self, call: &Call, id: &str) -> Outcome {
        let (account, token) = self.account_of(call, id, Kind::Instagram.scope())?;
        self.inboxes.send(call, &account.id, &token.app_id).await
    }

    fn subscribed_apps(&self, call: &Call, id: &str) -> Outcome {
        let (account, token) = self.account_of(call, id, BASIC)?;
        self.inboxes.meta().subscribed_apps(call, &account.id, &token.app_id)
    }

    fn conversations(&self, call: &Call, id: &str) -> Outcome {
        let (account, _) = self.account_of(call, id, Kind::Instagram.scope())?;
        self.inboxes.conversations(call, &account.id, &format!("{id}/conversations"))
    }

    /// `/{id}`: the account, a person, a conversation or a message; `messages` asks for those of a conversation.
    fn node(&self, call: &Call, id: &str, messages: bool) -> Outcome {
        let (account, _) = self.account_of(call, "me", BASIC)?;
        if !messages && (id == "me" || id == account.id || id == account.app_scoped_id) {
            return self.me(call, id);
        }
        if let Some(found) = self.inboxes.profile(call, &account.id, id).filter(|_| !messages) {
            return found;
        }
        let found = self.inboxes.history_node(call, &account.id, id, messages);
        found.unwrap_or_else(|| Err(GraphError::missing(id)))
    }
}

impl Platform for Instagram {
    fn meta(&self) -> &Meta {
        self.inboxes.meta()
    }

    async fn call(&self, call: Call) -> Response {
        let (get, post) = (call.method == Method::GET, call.method == Method::POST);
        answer(match call.path().as_slice() {
            ["oauth", "access_token"] if post => return self.code_exchange(&call),
            ["access_token"] if get => self.exchange(&call),
            ["refresh_access_token"] if get => self.refresh(&call),
            [id, "messages"] if post => self.send(&call, id).await,
            [id, "messages"] if get => self.node(&call, id, true),
            [id, "subscribed_apps"] => self.subscribed_apps(&call, id),
            [id, "conversations"] if get => self.conversations(&call, id),
            [id] if get => self.node(&call, id, false),
            _ => {
                let path = call.segments.join("/");
                Err(GraphError::new(2_500, format!("Unknown path components: /{path}")))
            }
        })
    }
}
