//! The shared half of a running platform, and working it from Rust.

use super::state::State;
use super::{App, Delivery, DialogMode, Fault, LoggedRequest, Login, MetaOptions, Token, TokenKind, User};
use bytes::Bytes;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What makes one platform's shared half differ from another's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    pub(crate) login: Login,
    /// HTTP status of a refused token.
    pub(crate) token_status: u16,
    /// What is asked for when the dialog's address names a configuration in place of scopes.
    pub(crate) default_scopes: &'static [&'static str],
    /// A dialog that names a configuration signs a business up: its code is short-lived and goes without a `redirect_uri`, its
    /// token is the business's and has no end.
    pub(crate) configuration_signs_up: bool,
}

/// The shared half of a pretend Meta platform: apps, logins, tokens, webhooks, faults, clock, log. Copies are the same one.
#[derive(Clone, Debug)]
pub struct Meta {
    state: Arc<Mutex<State>>,
    http: reqwest::Client,
    stop: CancellationToken,
    tasks: TaskTracker,
    changed: Arc<Notify>,
    base_url: Arc<str>,
    manners: Manners,
}

impl Meta {
    pub(crate) fn new(options: MetaOptions, base_url: &str, manners: Manners) -> std::io::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build();
        Ok(Self {
            state: Arc::new(Mutex::new(State::new(options))),
            http: http.map_err(std::io::Error::other)?,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            changed: Arc::new(Notify::new()),
            base_url: base_url.into(),
            manners,
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn manners(&self) -> Manners {
        self.manners
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    pub(crate) fn changes(&self) -> Arc<Notify> {
        self.changed.clone()
    }

    pub(crate) fn note_change(&self) {
        self.changed.notify_waiters();
    }

    pub(crate) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// Ends every task.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Address of the server.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Waits until `holds` says so, at most for `limit`; tells whether it did.
    pub async fn until(&self, limit: Duration, holds: impl Fn() -> bool) -> bool {
        let waiting = async {
            loop {
                let changed = self.changes().notified_owned();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if holds() {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(limit, waiting).await.is_ok()
    }

    /// Makes an app, or replaces it.
    pub fn create_app(&self, app: App) {
        self.state().apps.insert(app.id.clone(), app);
    }

    /// Somebody who can log in; one that exists is replaced.
    pub fn create_user(&self, user: User) {
        self.state().users.insert(user.id.clone(), user);
    }

    /// What the login dialog does, and who accepts when it does not ask (`None` = the first person).
    pub fn dialog_mode(&self, mode: DialogMode, user: Option<&str>) {
        let mut state = self.state();
        state.dialog = mode;
        state.dialog_user = user.map(str::to_owned);
    }

    /// Keeps a token made up by the caller; an empty `value` gets one. Gives it as kept.
    pub fn issue_token(&self, token: Token) -> Token {
        self.state().issue(token)
    }

    /// A token of a person or an account without the dialog.
    pub fn token_for(&self, kind: TokenKind, app_id: &str, user_id: &str, scopes: &[&str], targets: &[&str]) -> Token {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let mut state = self.state();
        let issued_at = state.now();
        state.issue(Token {
            value: String::new(),
            kind,
            app_id: app_id.to_owned(),
            user_id: user_id.to_owned(),
            profile_id: None,
            scopes: owned(scopes),
            targets: owned(targets),
            issued_at,
            expires_at: None,
            dead: None,
        })
    }

    /// A token is refused from now on, with this subcode of 190.
    pub fn kill_token(&self, value: &str, subcode: i64) {
        if let Some(token) = self.state().tokens.get_mut(value) {
            token.dead = Some(subcode);
        }
    }

    /// Every token there is, dead ones included.
    pub fn tokens(&self) -> Vec<Token> {
        self.state().tokens.values().cloned().collect()
    }

    /// Where an app is called about an object.
    pub fn hook(&self, app_id: &str, object: &str) -> Option<String> {
        self.state().hooks.get(&(app_id.to_owned(), object.to_owned())).map(|hook| hook.url.clone())
    }

    /// The next call of an endpoint goes wrong. The name is the last part of the path, `node` for a bare id, `media` for
    /// downloads, `*` for any; or the whole path without the version, with `/` in front.
    pub fn fault(&self, endpoint: &str, fault: Fault) {
        self.state().faults.entry(endpoint.to_owned()).or_default().push_back(fault);
    }

    /// Faults that no call has met yet.
    pub fn faults_left(&self) -> usize {
        self.state().faults.values().map(VecDeque::len).sum()
    }

    /// The usage headers of every answer from now on; `None` = none.
    pub fn usage(&self, app: Option<Value>, business: Option<Value>) {
        let mut state = self.state();
        state.app_usage = app;
        state.business_usage = business;
    }

    /// Moves the platform's clock forward.
    pub fn advance(&self, by: Duration) {
        self.state().moved_ms += i64::try_from(by.as_millis()).unwrap_or_default();
        self.note_change();
    }

    /// The platform's clock in Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.state().now_ms()
    }

    /// What was called, in order.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state().log.clone()
    }

    /// Every try to call a webhook, in order.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state().deliveries.clone()
    }

    /// Posts that no webhook took yet, and entries that are held.
    pub fn pending(&self) -> usize {
        let state = self.state();
        state.queue.len() + state.held.len()
    }

    /// Holds events back until they are released.
    pub fn hold(&self) {
        self.state().hold = true;
    }

    /// Lets held events go: each alone, or those of one app together in one post.
    pub fn release(&self, together: bool) {
        self.state().release(together);
        self.note_change();
    }

    /// Every post is sent twice from now on, or once again.
    pub fn duplicate(&self, on: bool) {
        self.state().duplicate = on;
    }

    /// Posts leave in an order made from this number, and do not wait for each other; `None` = in order again.
    pub fn shuffle(&self, seed: Option<u64>) {
        self.state().shuffle = seed.map(|seed| seed.max(1));
    }

    /// Sends any body to an app's webhook of an object, signed; tells whether there is one.
    pub fn send_raw(&self, app_id: &str, object: &str, body: impl Into<Bytes>) -> bool {
        let mut state = self.state();
        let Some(hook) = state.hooks.get(&(app_id.to_owned(), object.to_owned())).cloned() else { return false };
        state.post_bytes(app_id, &hook.url, "", &body.into());
        drop(state);
        self.note_change();
        true
    }
}
