//! Subscriptions, as they are kept and told of.

use super::certificate::Certificate;
use crate::teams::access::READ;
use crate::teams::call::Call;
use crate::teams::moments::written;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::World;
use serde_json::{Value, json};

/// What a subscription covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::teams) enum Reach {
    /// Every chat of its person.
    All,
    /// One chat.
    Chat(String),
}

/// A subscription.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Client id of its app.
    pub app: String,
    /// Who made it.
    pub user: String,
    /// Their tenant.
    pub tenant_id: String,
    /// As it was asked for.
    pub resource: String,
    /// `created`, `updated`, `deleted`, sorted.
    pub change_types: Vec<String>,
    /// Where notices go.
    pub notification_url: String,
    /// Where notices about the subscription go.
    pub lifecycle_url: Option<String>,
    /// What every notice repeats.
    pub client_state: Option<String>,
    /// When it ends, in Unix milliseconds.
    pub expires_ms: i64,
    /// What notices are encrypted for; `None` = they have no content.
    pub certificate: Option<Certificate>,
    /// Whether delivery waits for access to be proved again.
    pub paused: bool,
    pub(in crate::teams) reach: Reach,
}

impl Subscription {
    /// As the API tells of it.
    pub(super) fn shown(&self) -> Value {
        json!({"id": self.id, "resource": self.resource, "applicationId": self.app,
            "changeType": self.change_types.join(","), "clientState": null, "notificationUrl": self.notification_url,
            "lifecycleNotificationUrl": self.lifecycle_url, "expirationDateTime": written(self.expires_ms),
            "creatorId": self.user, "includeResourceData": self.certificate.is_some(),
            "latestSupportedTlsVersion": "v1_2", "encryptionCertificate": null,
            "encryptionCertificateId": self.certificate.as_ref().map(|certificate| certificate.id.as_str()),
            "notificationQueryOptions": null, "notificationUrlAppId": null})
    }
}

impl World {
    /// Forgets subscriptions that have ended; nobody is told.
    pub(in crate::teams) fn expire_subscriptions(&mut self) {
        let now = self.now_ms();
        self.subscriptions.retain(|one| one.expires_ms > now);
    }

    /// The place of a subscription of the caller.
    pub(super) fn own_subscription(&mut self, call: &Call, id: &str) -> Result<usize, Problem> {
        let me = self.person(call, READ)?;
        self.expire_subscriptions();
        let is_it =
            |one: &super::subscription::Subscription| one.id == id && one.app == me.client_id && one.user == me.user;
        let words = "The object was not found.";
        self.subscriptions.iter().position(is_it).ok_or_else(|| Problem::graph(404, "ResourceNotFound", words))
    }

    /// A subscription as a whole answer.
    pub(super) fn told_subscription(&self, one: &Subscription) -> Value {
        let mut body = one.shown();
        body["@odata.context"] = self.context("subscriptions/$entity");
        body
    }

    /// `GET /subscriptions`
    pub(in crate::teams) fn list_subscriptions(&mut self, call: &Call) -> Outcome {
        let me = self.person(call, READ)?;
        self.expire_subscriptions();
        let own = self.subscriptions.iter().filter(|one| one.app == me.client_id && one.user == me.user);
        let shown: Vec<Value> = own.map(Subscription::shown).collect();
        Ok((200, json!({"@odata.context": self.context("subscriptions"), "value": shown})))
    }

    /// `GET /subscriptions/{id}`
    pub(in crate::teams) fn one_subscription(&mut self, call: &Call, id: &str) -> Outcome {
        let place = self.own_subscription(call, id)?;
        Ok((200, self.told_subscription(&self.subscriptions[place])))
    }

    /// `DELETE /subscriptions/{id}`
    pub(in crate::teams) fn delete_subscription(&mut self, call: &Call, id: &str) -> Outcome {
        let place = self.own_subscription(call, id)?;
        self.subscriptions.remove(place);
        Ok((204, Value::Null))
    }
}
