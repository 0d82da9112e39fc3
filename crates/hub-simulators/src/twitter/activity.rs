//! Subscriptions of the activity API: one per kind of event and person.

use super::call::Call;
use super::history::written;
use super::ids;
use super::problem::{Outcome, Problem};
use super::world::{App, World};
use axum::http::Method;
use serde_json::{Value, json};

/// Kinds that are known here.
pub(super) const KINDS: [&str; 8] = [
    "dm.received",
    "dm.sent",
    "dm.read",
    "dm.indicate_typing",
    "chat.received",
    "chat.sent",
    "chat.conversation_join",
    "oauth.revoke",
];
const MAX_TAG: usize = 200;
/// Subscriptions of an app at most.
const MAX_SUBSCRIPTIONS: usize = 1_500;

/// A subscription.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) id: String,
    app: String,
    pub(super) event_type: String,
    /// `None` = for all the app's people, as revocations are.
    pub(super) user: Option<String>,
    direction: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) webhook_id: Option<String>,
    created_ms: i64,
    updated_ms: i64,
}

impl Subscription {
    fn shown(&self) -> Value {
        let mut filter = json!({});
        if let Some(user) = &self.user {
            filter["user_id"] = user.as_str().into();
        }
        if let Some(direction) = &self.direction {
            filter["direction"] = direction.as_str().into();
        }
        let mut told = json!({"subscription_id": self.id, "event_type": self.event_type, "filter": filter,
            "created_at": written(self.created_ms), "updated_at": written(self.updated_ms)});
        for (name, value) in [("tag", &self.tag), ("webhook_id", &self.webhook_id)] {
            if let Some(value) = value {
                told[name] = value.as_str().into();
            }
        }
        told
    }
}

impl World {
    /// Everything below `/2/activity/subscriptions`.
    pub(super) fn activity(&mut self, call: &Call) -> Outcome {
        let path: Vec<&str> = call.segments.iter().skip(2).map(String::as_str).collect();
        match (&call.method, path.as_slice()) {
            (&Method::POST, ["subscriptions"]) => self.subscribe(call),
            (&Method::GET, ["subscriptions"]) => {
                let app = self.any_app(call)?;
                let own: Vec<Value> =
                    self.subscriptions.iter().filter(|one| one.app == app.client_id).map(Subscription::shown).collect();
                let mut body = json!({"meta": {"total_subscriptions": own.len()}});
                if !own.is_empty() {
                    body["data"] = own.into();
                }
                Ok((200, body))
            }
            (&Method::PUT, ["subscriptions", id]) => self.change(call, id),
            (&Method::DELETE, ["subscriptions", id]) => {
                let app = self.app(call)?;
                let before = self.subscriptions.len();
                self.subscriptions.retain(|one| one.id != *id || one.app != app.client_id);
                if self.subscriptions.len() == before {
                    return Err(Problem::not_found("subscription", "subscription_id", id));
                }
                Ok((200, json!({"data": {"deleted": true}})))
            }
            _ => Err(Problem::blank(404, "Not Found", "Not Found")),
        }
    }

    /// The app behind either kind of token.
    fn any_app(&self, call: &Call) -> Result<App, Problem> {
        if let Some(app) = call.bearer().and_then(|bearer| self.app_of_bearer(bearer)) {
            return Ok(app.clone());
        }
        let grant = self.person(call, &[])?;
        self.apps.get(&grant.client_id).cloned().ok_or_else(Problem::unauthorized)
    }

    fn subscribe(&mut self, call: &Call) -> Outcome {
        let app = self.any_app(call)?;
        let kind = call.text("event_type").unwrap_or_default();
        if !KINDS.contains(&kind) {
            return Err(Problem::invalid("event_type", kind, "$.event_type: is not one of the known kinds"));
        }
        let filter = &call.body["filter"];
        if !filter.is_object() {
            return Err(Problem::invalid("filter", "", "$.filter: is missing"));
        }
        let user = filter["user_id"].as_str().map(str::to_owned);
        if kind != "oauth.revoke" {
            let wanted = user.clone().filter(|user| ids::is_id(user));
            let wanted = wanted.ok_or_else(|| Problem::invalid("filter", "", "$.filter.user_id: is missing"))?;
            // What is private needs the person's own token.
            let grant = self.person(call, &["dm.read"])?;
            if grant.user != wanted {
                return Err(Problem::typed(
                    403,
                    "not-authorized-for-resource",
                    "Authorization Error",
                    "Sorry, you are not authorized to subscribe to this person's events.",
                ));
            }
        }
        let tag = Self::tag(call)?;
        let webhook_id = self.named_hook(call, &app)?;
        let same = |one: &Subscription| one.app == app.client_id && one.event_type == kind && one.user == user;
        if self.subscriptions.iter().any(|one| same(one) && one.webhook_id == webhook_id) {
            return Err(Problem::invalid("event_type", kind, "DuplicateSubscription: there is such a subscription"));
        }
        if self.subscriptions.iter().filter(|one| one.app == app.client_id).count() >= MAX_SUBSCRIPTIONS {
            return Err(Problem::invalid("event_type", kind, "SubscriptionLimitExceeded: no more are allowed"));
        }
        let now = self.now_ms();
        let made = Subscription {
            id: self.new_id().to_string(),
            app: app.client_id.clone(),
            event_type: kind.to_owned(),
            user,
            direction: filter["direction"].as_str().map(str::to_owned),
            tag,
            webhook_id,
            created_ms: now,
            updated_ms: now,
        };
        let told = made.shown();
        self.subscriptions.push(made);
        Ok((200, json!({"data": {"subscription": told}, "meta": {"total_subscriptions": self.subscriptions.len()}})))
    }

    fn change(&mut self, call: &Call, id: &str) -> Outcome {
        let app = self.app(call)?;
        let (tag, hook, now) = (Self::tag(call)?, self.named_hook(call, &app)?, self.now_ms());
        let total = self.subscriptions.len();
        let one = self.subscriptions.iter_mut().find(|one| one.id == id && one.app == app.client_id);
        let one = one.ok_or_else(|| Problem::not_found("subscription", "subscription_id", id))?;
        one.tag = tag.or(one.tag.take());
        one.webhook_id = hook.or(one.webhook_id.take());
        one.updated_ms = now;
        Ok((200, json!({"data": {"subscription": one.shown(), "total_subscriptions": total}})))
    }

    fn tag(call: &Call) -> Result<Option<String>, Problem> {
        let tag = call.text("tag").map(str::to_owned);
        if tag.as_ref().is_some_and(|tag| tag.is_empty() || tag.chars().count() > MAX_TAG) {
            return Err(Problem::invalid("tag", "", "$.tag: must have 1 to 200 characters"));
        }
        Ok(tag)
    }

    fn named_hook(&self, call: &Call, app: &App) -> Result<Option<String>, Problem> {
        let id = call.text("webhook_id").map(str::to_owned);
        if let Some(id) = &id {
            self.hook(app, id)?;
        }
        Ok(id)
    }
}
