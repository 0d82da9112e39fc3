//! `/rest/eventSubscriptions`: which apps hear of which pages, for whom.

use super::EVENT;
use super::authorise::{ADMIN, denied};
use super::call::Call;
use super::error::{Outcome, RestError, done, shown};
use super::handle::Platform;
use super::organizations::page;
use super::restli;
use super::token::Grant;
use super::urn;
use axum::http::Method;
use serde_json::{Value, json};

/// What makes a subscription one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SubscriptionKey {
    pub(super) client_id: String,
    pub(super) member: String,
    pub(super) organization: String,
}

/// A subscription.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    /// Address of the app.
    pub(super) webhook: String,
}

impl Platform {
    pub(super) fn subscription(&self, call: &Call, key: Option<&str>) -> Outcome {
        let (grant, app) = self.authorise_for(call, &ADMIN)?;
        let Some(raw) = key else {
            return self.list_subscriptions(call, &grant, &app.urn());
        };
        let record = restli::record(raw).filter(|_| call.protocol2).ok_or_else(restli::bad_path)?;
        let part = |name: &str| record.get(name).map(String::as_str).unwrap_or_default();
        if part("eventType") != EVENT {
            return Err(RestError::new(400, "Unknown eventType"));
        }
        if part("developerApplication") != app.urn() || part("user") != urn::person(&grant.member) {
            return Err(denied(call));
        }
        let organization = urn::id(part("entity"), "organization").ok_or_else(restli::bad_path)?;
        let key = SubscriptionKey {
            client_id: grant.client_id.clone(),
            member: grant.member.clone(),
            organization: organization.to_owned(),
        };
        match call.method {
            Method::PUT => self.subscribe(call, &grant, key),
            Method::GET => {
                let found = self.shown_subscription(&key, &app.urn());
                Ok(shown(found.ok_or_else(|| RestError::missing("eventSubscription"))?))
            }
            Method::DELETE => {
                let gone = self.state().subscriptions.remove(&key);
                self.note_change();
                gone.map_or_else(|| Err(RestError::missing("eventSubscription")), |_| Ok(done()))
            }
            _ => Err(RestError::new(405, "Method not allowed")),
        }
    }

    fn subscribe(&self, call: &Call, grant: &Grant, key: SubscriptionKey) -> Outcome {
        self.must_administer(grant, &key.organization)?;
        let webhook = call.body["webhook"].as_str().unwrap_or_default().to_owned();
        let mut state = self.state();
        let registered = state.webhooks.get(&(key.client_id.clone(), webhook.clone()));
        if registered.is_none_or(|hook| hook.blocked) {
            return Err(RestError::new(400, "Webhook is not registered and validated for the application"));
        }
        state.subscriptions.insert(key, Subscription { webhook });
        drop(state);
        self.note_change();
        Ok(done())
    }

    fn shown_subscription(&self, key: &SubscriptionKey, app: &str) -> Option<Value> {
        let state = self.state();
        let now = state.now_ms();
        let subscription = state.subscriptions.get(key).filter(|_| state.stands(key, now))?;
        let expires = state.tokens.alive_until(&key.client_id, &key.member, &ADMIN, now)?;
        Some(json!({
            "developerApplication": app, "user": urn::person(&key.member),
            "entity": urn::organization(&key.organization), "eventType": EVENT, "webhook": subscription.webhook,
            "expiresAt": expires,
        }))
    }

    fn list_subscriptions(&self, call: &Call, grant: &Grant, app: &str) -> Outcome {
        if call.plain("q")?.as_deref() != Some("subscriberAndEventType") {
            return Err(restli::bad_parameter("q"));
        }
        if call.required("eventType")? != EVENT {
            return Err(restli::bad_parameter("eventType"));
        }
        let keys: Vec<SubscriptionKey> = self.state().subscriptions.keys().cloned().collect();
        let theirs = keys.iter().filter(|key| key.client_id == grant.client_id && key.member == grant.member);
        let listed: Vec<Value> = theirs.filter_map(|key| self.shown_subscription(key, app)).collect();
        Ok(shown(page(call, &listed, "/rest/eventSubscriptions")?))
    }
}
