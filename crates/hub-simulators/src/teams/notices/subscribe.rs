//! Making subscriptions.

use super::certificate::Certificate;
use super::subscription::{Reach, Subscription};
use crate::teams::access::READ;
use crate::teams::call::Call;
use crate::teams::handle::Shared;
use crate::teams::login::tokens::Grant;
use crate::teams::moments;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::World;
use serde_json::json;

/// Characters of names and of the client state at most.
pub(super) const MAX_NAME: usize = 128;
/// Milliseconds a subscription lives at most.
const MAX_LIFE: i64 = 4_320 * 60 * 1_000;
/// The same where there is no address for notices about it.
const MAX_PLAIN_LIFE: i64 = 60 * 60 * 1_000;
const CHANGES: [&str; 3] = ["created", "deleted", "updated"];

fn refused(words: &str) -> Problem {
    Problem::graph(400, "InvalidRequest", words)
}

/// When a subscription may end.
pub(super) fn expiry(text: &str, has_lifecycle: bool, now: i64) -> Result<i64, Problem> {
    let at = moments::read(text).ok_or_else(|| refused("expirationDateTime is not a moment."))?;
    if at <= now {
        return Err(refused("Subscription expiration must be in the future."));
    }
    if at - now > MAX_LIFE {
        return Err(refused("Subscription expiration can only be 4320 minutes in the future."));
    }
    if at - now > MAX_PLAIN_LIFE && !has_lifecycle {
        return Err(refused(
            "lifecycleNotificationUrl is a required property for subscription creation on this resource when the \
             expirationDateTime value is set to greater than 1 hour.",
        ));
    }
    Ok(at)
}

impl World {
    /// What a resource covers for somebody.
    fn reach(&self, resource: &str, me: &Grant) -> Result<Reach, Problem> {
        let path = resource.split('?').next().unwrap_or_default().trim_matches('/');
        let path = path.replace("('", "/").replace("')", "");
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            ["me", "chats", "getAllMessages"] => Ok(Reach::All),
            ["users", user, "chats", "getAllMessages"] if *user == me.user => Ok(Reach::All),
            ["users", _, "chats", "getAllMessages"] | ["chats" | "teams", "getAllMessages"] => {
                Err(Problem::forbidden("Operation is only for applications, or for the signed-in user."))
            }
            ["chats", chat, "messages"] => {
                let kept = self.chats.get(*chat).filter(|chat| chat.has(&me.user));
                let kept = kept.ok_or_else(|| Problem::forbidden("AclCheckFailed-Access is denied."))?;
                Ok(Reach::Chat(kept.id.clone()))
            }
            _ => Err(refused(&format!("The resource '{resource}' is not supported for subscriptions."))),
        }
    }

    fn address(&self, text: &str, name: &str) -> Result<String, Problem> {
        let parsed = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let parsed = parsed.filter(|url| !self.options.strict_urls || url.scheme() == "https");
        parsed.map(|_| text.to_owned()).ok_or_else(|| refused(&format!("{name} must be a https address.")))
    }

    /// The subscription that a call asks for, checked.
    fn wanted(&mut self, call: &Call) -> Result<Subscription, Problem> {
        let me = self.person(call, READ)?;
        self.expire_subscriptions();
        let mut change_types: Vec<String> =
            call.text("changeType").unwrap_or_default().split(',').map(|kind| kind.trim().to_owned()).collect();
        change_types.sort_unstable();
        change_types.dedup();
        if change_types.iter().any(|kind| !CHANGES.contains(&kind.as_str())) {
            return Err(refused("The changeType must be one or more of created, updated, deleted."));
        }
        let resource = call.text("resource").ok_or_else(|| refused("The resource is missing."))?;
        let reach = self.reach(resource, &me)?;
        let notification_url = self.address(call.text("notificationUrl").unwrap_or_default(), "notificationUrl")?;
        let lifecycle_url = match call.text("lifecycleNotificationUrl") {
            Some(text) => Some(self.address(text, "lifecycleNotificationUrl")?),
            None => None,
        };
        let expires = call.text("expirationDateTime").unwrap_or_default();
        let expires_ms = expiry(expires, lifecycle_url.is_some(), self.now_ms())?;
        let client_state = call.text("clientState").map(str::to_owned);
        if client_state.as_ref().is_some_and(|state| state.chars().count() > MAX_NAME) {
            return Err(refused("clientState has a maximum length of 128 characters."));
        }
        let certificate = if call.body["includeResourceData"].as_bool() == Some(true) {
            let name = call.text("encryptionCertificateId").filter(|name| !name.is_empty() && name.len() <= MAX_NAME);
            let name = name.ok_or_else(|| refused("encryptionCertificateId is needed, of 128 characters at most."))?;
            let text = call.text("encryptionCertificate").ok_or_else(|| refused("encryptionCertificate is needed."))?;
            Some(Certificate::read(name, text).map_err(refused)?)
        } else {
            None
        };
        let tenant_id = self.users.get(&me.user).map(|user| user.tenant_id.clone()).unwrap_or_default();
        let one = Subscription {
            id: uuid::Uuid::new_v4().to_string(),
            app: me.client_id,
            user: me.user,
            tenant_id,
            resource: resource.to_owned(),
            change_types,
            notification_url,
            lifecycle_url,
            client_state,
            expires_ms,
            certificate,
            paused: false,
            reach,
        };
        self.has_room(&one)?;
        Ok(one)
    }

    /// Whether a subscription is no duplicate and within the quotas.
    fn has_room(&self, new: &Subscription) -> Result<(), Problem> {
        let of_app = || self.subscriptions.iter().filter(|one| one.app == new.app);
        let same = |one: &&Subscription| {
            one.user == new.user && one.reach == new.reach && one.change_types == new.change_types
        };
        if let Some(old) = of_app().find(same) {
            let words = format!("Subscription Id {} already exists for the requested combination", old.id);
            let mut problem = Problem::graph(409, "ExtensionError", &words);
            problem.body["error"]["innerError"] = json!({});
            return Err(problem);
        }
        let in_chat = of_app().filter(|one| one.reach != Reach::All && one.reach == new.reach).count();
        let of_user = of_app().filter(|one| one.user == new.user && one.reach == Reach::All).count();
        let in_tenant = self.subscriptions.iter().filter(|one| one.tenant_id == new.tenant_id).count();
        let full = match new.reach {
            Reach::Chat(_) => in_chat >= self.options.max_per_chat,
            Reach::All => of_user >= self.options.max_per_user,
        };
        if full || in_tenant >= self.options.max_per_tenant {
            let words = "Operation: Create; Exception: [Status Code: Forbidden; Reason: the limit of subscriptions has \
                         been reached]";
            return Err(Problem::graph(403, "ExtensionError", words));
        }
        Ok(())
    }
}

impl Shared {
    /// `POST /subscriptions`: both addresses answer within the call, or there is no subscription.
    pub(in crate::teams) async fn subscribe(&self, call: &Call) -> Outcome {
        let one = self.world().wanted(call)?;
        for url in [Some(&one.notification_url), one.lifecycle_url.as_ref()].into_iter().flatten() {
            self.validate(url).await?;
        }
        let mut world = self.world();
        // Somebody may have subscribed while the addresses were asked.
        world.has_room(&one)?;
        let told = world.told_subscription(&one);
        world.subscriptions.push(one);
        Ok((201, told))
    }
}
