//! Who may call what, and what follows: the platform's half of the HTTP side.

use super::fields::{self, Field};
use super::media::LARGEST;
use super::refuse::refuse;
use super::statuses::{Fate, Status};
use super::world::{Account, World};
use super::{accounts, media, send, template_calls, trickle};
use crate::meta::{Call, GraphError, Manners, Meta, Outcome, Platform, Token, answer};
use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Permission to send and to fetch files.
pub(super) const MESSAGING: &str = "whatsapp_business_messaging";
/// Permission for everything else.
pub(super) const MANAGEMENT: &str = "whatsapp_business_management";
/// The longest that an answer waits for statuses that come before it.
const STATUSES_FIRST: Duration = Duration::from_secs(20);

/// How the shared half behaves for WhatsApp.
pub(super) const MANNERS: Manners = Manners {
    login: crate::meta::Login::Facebook,
    token_status: 401,
    default_scopes: &[MANAGEMENT, MESSAGING],
    configuration_signs_up: true,
};

/// The simulator's two halves. Copies are the same one.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) meta: Meta,
    world: Arc<Mutex<World>>,
}

impl Platform for Desk {
    fn meta(&self) -> &Meta {
        &self.meta
    }

    async fn call(&self, call: Call) -> Response {
        answer(self.answered(&call).await)
    }
}

impl Desk {
    pub(super) fn new(meta: Meta, world: World) -> Self {
        Self { meta, world: Arc::new(Mutex::new(world)) }
    }

    /// The world; never held while the shared half is asked to wait.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answered(&self, call: &Call) -> Outcome {
        let now = self.meta.now_ms();
        let method = &call.method;
        match call.path().as_slice() {
            [number, "messages"] if method == Method::POST => {
                self.may_use_number(call, number, MESSAGING)?;
                self.send(call, number, now).await
            }
            [number, "media"] if method == Method::POST => {
                self.may_use_number(call, number, MESSAGING)?;
                media::upload(&mut self.world(), number, call, now)
            }
            [number, "register"] if method == Method::POST => {
                self.may_use_number(call, number, MANAGEMENT)?;
                accounts::register(&mut self.world(), call, number)
            }
            [number, "deregister"] if method == Method::POST => {
                self.may_use_number(call, number, MANAGEMENT)?;
                accounts::deregister(&mut self.world(), number)
            }
            [account, "phone_numbers"] if method == Method::GET => {
                self.may_use_account(call, account, MANAGEMENT)?;
                Ok(accounts::numbers(&self.world(), &self.meta, call, account))
            }
            [account, "subscribed_apps"] => {
                let token = self.may_use_account(call, account, MANAGEMENT)?;
                accounts::subscribed_apps(&self.meta, call, account, &token.app_id).await
            }
            [account, "message_templates"] => {
                self.may_use_account(call, account, MANAGEMENT)?;
                template_calls::templates(&mut self.world(), &self.meta, call, account)
            }
            [id] => self.node(call, id, now),
            path => Err(GraphError::missing(path.first().unwrap_or(&""))),
        }
    }

    /// A number, an account, a template, or a file.
    fn node(&self, call: &Call, id: &str, now: i64) -> Outcome {
        let token = self.meta.authorise(call)?;
        let (number, account, file, template) = {
            let world = self.world();
            let file = world.media.get(id).map(|media| media.number.clone());
            let of_template = |account: &&Account| account.templates.iter().any(|template| template.id == id);
            let template = world.accounts.values().find(of_template).map(|account| account.id.clone());
            (world.numbers.contains_key(id), world.accounts.contains_key(id), file, template)
        };
        if number && call.method == Method::GET {
            self.may_use_number(call, id, MANAGEMENT)?;
            return accounts::number(&self.world(), call, id);
        }
        if account && call.method == Method::GET {
            self.may_use_account(call, id, MANAGEMENT)?;
            return accounts::account(&self.world(), call, id);
        }
        if let Some(owner) = template.filter(|_| call.method == Method::GET) {
            self.may_use_account(call, &owner, MANAGEMENT)?;
            return template_calls::template(&self.world(), call, &owner, id);
        }
        if let Some(owner) = file {
            self.may_use_number(call, &owner, MESSAGING)?;
            return media::node(&mut self.world(), &self.meta, call, id, now);
        }
        if id == "me" && call.method == Method::GET {
            return Ok(json!({"id": token.user_id, "name": "System user"}));
        }
        Err(GraphError::missing(id))
    }

    fn may_use_number(&self, call: &Call, number: &str, scope: &str) -> Result<Token, GraphError> {
        let token = self.meta.authorise(call)?;
        let account = self.world().number(number)?.account.clone();
        allowed(token, &account, number, scope)
    }

    fn may_use_account(&self, call: &Call, account: &str, scope: &str) -> Result<Token, GraphError> {
        let token = self.meta.authorise(call)?;
        if !self.world().accounts.contains_key(account) {
            return Err(GraphError::missing(account));
        }
        allowed(token, account, account, scope)
    }

    async fn send(&self, call: &Call, number: &str, now: i64) -> Outcome {
        let mut body = call.values.clone();
        // What may stand in the query beside the body.
        for name in ["access_token", "appsecret_proof", "appsecret_time"] {
            body.remove(name);
        }
        let accepted = send::send(&mut self.world(), number, &body, now)?;
        self.meta.note_change();
        if let Some(fate) = accepted.fate {
            trickle::answered(self, number, fate.person.key(), &Value::Object(body));
            if fate.script.before_answer {
                let first = self.meta.state().next_post;
                self.tell_fate(&fate).await;
                self.delivered_since(first).await;
            } else {
                let desk = self.clone();
                self.meta.tasks().spawn(async move {
                    tokio::select! {
                        () = desk.tell_fate(&fate) => {}
                        () = desk.meta.stopped() => {}
                    }
                });
            }
        }
        Ok(accepted.answer)
    }

    /// Tells the statuses of a message, one after the other.
    async fn tell_fate(&self, fate: &Fate) {
        let mut fate = fate.clone();
        if fate.failure.is_none() && !self.link_is_good(&fate).await {
            fate.failure = Some(131_053);
        }
        for status in fate.order() {
            if !fate.script.pause.is_zero() {
                tokio::time::sleep(fate.script.pause).await;
            }
            self.tell_status(&fate, status);
        }
    }

    /// One status of a message.
    pub(super) fn tell_status(&self, fate: &Fate, status: Status) {
        let head = self.world().number(&fate.number).map(|line| (line.account.clone(), line.value()));
        let Ok((account, mut value)) = head else { return };
        fate.told(status, &mut value);
        self.tell(&account, fields::MESSAGES, &value);
    }

    /// Whether the address of a file leads to one that fits. A simulator does not go out: addresses elsewhere are good.
    async fn link_is_good(&self, fate: &Fate) -> bool {
        let Some((link, kind)) = &fate.link else { return true };
        let host = url::Url::parse(link).ok().and_then(|url| url.host_str().map(str::to_owned));
        if !matches!(host.as_deref(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            return true;
        }
        let fetched = self.meta.fetch(link, LARGEST).await;
        fetched.is_ok_and(|(mime, bytes)| media::suits(kind, &mime, bytes.len()).is_ok())
    }

    /// Waits until everything that was posted since has been taken.
    async fn delivered_since(&self, first: u64) {
        let last = self.meta.state().next_post;
        let waiting = || self.meta.state().queue.iter().any(|post| (first..last).contains(&post.id));
        self.meta.until(STATUSES_FIRST, || !waiting()).await;
    }

    /// Tells every subscribed app of something at a number; gives how many are called.
    pub(super) fn tell(&self, account: &str, field: Field, value: &Value) -> usize {
        self.meta.emit(&fields::event(account, field, value, None))
    }

    /// The same for something that concerns a whole account.
    pub(super) fn tell_of_account(&self, account: &str, field: Field, value: &Value) -> usize {
        let now = self.meta.now_ms() / 1_000;
        self.meta.emit(&fields::event(account, field, value, Some(now)))
    }
}

/// Whether a token has the permission, and for this account.
fn allowed(token: Token, account: &str, id: &str, scope: &str) -> Result<Token, GraphError> {
    if !token.allows(scope) {
        return Err(if scope == MESSAGING { refuse(10) } else { GraphError::permission(scope) });
    }
    if !token.targets.is_empty() && !token.targets.iter().any(|target| target == account) {
        return Err(GraphError::missing(id));
    }
    Ok(token)
}
