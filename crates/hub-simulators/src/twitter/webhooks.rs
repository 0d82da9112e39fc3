//! Webhooks: registering, the challenge, and when one counts as broken.

use super::call::Call;
use super::deliver::sign;
use super::handle::Shared;
use super::history::written;
use super::problem::{Outcome, Problem};
use super::world::{App, World, opaque};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The longest address.
const MAX_URL: usize = 200;
/// How long a webhook may fail before it counts as broken, in milliseconds.
const PATIENCE: i64 = 28 * 60 * 60 * 1_000;

/// A webhook.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) id: String,
    /// Client id of its app.
    pub(super) app: String,
    pub(super) url: String,
    pub(super) valid: bool,
    pub(super) created_ms: i64,
    pub(super) checked_ms: i64,
    failing_since: Option<i64>,
}

/// How a challenge went.
enum Challenge {
    Passed,
    /// A wrong answer: broken at once.
    Wrong,
    /// No answer, or an error: broken after a while.
    Failed,
}

impl Hook {
    fn shown(&self) -> Value {
        json!({"id": self.id, "url": self.url, "valid": self.valid, "created_at": written(self.created_ms)})
    }
}

fn refused(url: &str, reason: &str, words: &str) -> Problem {
    Problem::invalid("url", url, &format!("{reason}: {words}"))
}

impl World {
    /// The webhooks of the app that calls.
    pub(super) fn list_hooks(&self, call: &Call) -> Outcome {
        let app = self.app(call)?;
        let hooks: Vec<Value> = self.hooks.values().filter(|hook| hook.app == app.client_id).map(Hook::shown).collect();
        let mut body = json!({"meta": {"result_count": hooks.len()}});
        if !hooks.is_empty() {
            body["data"] = hooks.into();
        }
        Ok((200, body))
    }

    /// A webhook of the app that calls.
    pub(super) fn hook(&self, app: &App, id: &str) -> Result<&Hook, Problem> {
        let hook = self.hooks.get(id).filter(|hook| hook.app == app.client_id);
        hook.ok_or_else(|| Problem::invalid("webhook_id", id, "WebhookIdInvalid: no webhook has this id"))
    }

    pub(super) fn delete_hook(&mut self, call: &Call, id: &str) -> Outcome {
        let app = self.app(call)?;
        self.hook(&app, id)?;
        self.forget_hook(id);
        Ok((200, json!({"data": {"deleted": true}})))
    }

    /// The same of every webhook of an app.
    pub(super) fn forget_hooks(&mut self, app: &str) {
        let ids: Vec<String> = self.hooks.values().filter(|hook| hook.app == app).map(|hook| hook.id.clone()).collect();
        for id in ids {
            self.forget_hook(&id);
        }
    }

    fn forget_hook(&mut self, id: &str) {
        self.hooks.remove(id);
        self.accounts.retain(|(hook, _)| hook != id);
        self.subscriptions.retain(|one| one.webhook_id.as_deref() != Some(id));
        self.queue.retain(|post| post.hook != id);
    }

    /// Keeps a good webhook; gives it as it is shown.
    pub(super) fn keep_hook(&mut self, app: &str, id: &str, url: &str) -> Value {
        let now = self.now_ms();
        let hook = Hook {
            id: id.to_owned(),
            app: app.to_owned(),
            url: url.to_owned(),
            valid: true,
            created_ms: now,
            checked_ms: now,
            failing_since: None,
        };
        let told = hook.shown();
        self.hooks.insert(id.to_owned(), hook);
        told
    }

    fn check_url(&self, app: &App, url: &str) -> Result<(), Problem> {
        let parsed = url::Url::parse(url).ok().filter(|_| url.len() <= MAX_URL);
        let parsed = parsed.ok_or_else(|| refused(url, "UrlValidationFailed", "the address is no good"))?;
        if self.options.strict_urls && (parsed.scheme() != "https" || parsed.port().is_some()) {
            return Err(refused(url, "UrlValidationFailed", "the address must be https and have no port"));
        }
        let own: Vec<&Hook> = self.hooks.values().filter(|hook| hook.app == app.client_id).collect();
        if own.iter().any(|hook| hook.url == url) {
            return Err(refused(url, "DuplicateUrlFailed", "there is a webhook with this address"));
        }
        if own.len() >= self.options.max_webhooks {
            return Err(refused(url, "WebhookLimitExceeded", "no more webhooks are allowed"));
        }
        Ok(())
    }
}

impl Shared {
    /// `POST /2/webhooks`
    pub(super) async fn create_hook(&self, call: &Call) -> Outcome {
        let (app, url) = {
            let world = self.world();
            let app = world.app(call)?;
            let url = call.text("url").unwrap_or_default().to_owned();
            world.check_url(&app, &url)?;
            (app, url)
        };
        if !matches!(self.challenge(&url, &app.consumer_secret).await, Challenge::Passed) {
            return Err(refused(&url, "CrcValidationFailed", "the challenge was not answered rightly"));
        }
        let mut world = self.world();
        // Somebody may have registered while the challenge was under way.
        world.check_url(&app, &url)?;
        let id = world.new_id().to_string();
        let told = world.keep_hook(&app.client_id, &id, &url);
        Ok((200, json!({"data": told})))
    }

    /// `PUT /2/webhooks/{id}`: a challenge now; a good one heals.
    pub(super) async fn revalidate(&self, call: &Call, id: &str) -> Outcome {
        {
            let world = self.world();
            let app = world.app(call)?;
            world.hook(&app, id)?;
        }
        let valid = self.check_hook(id).await;
        Ok((200, json!({"data": {"valid": valid, "attempted": true}})))
    }

    /// Challenges a webhook and keeps what came of it; tells whether it is valid.
    pub(super) async fn check_hook(&self, id: &str) -> bool {
        let target = {
            let world = self.world();
            let hook = world.hooks.get(id);
            hook.and_then(|hook| Some((hook.url.clone(), world.apps.get(&hook.app)?.consumer_secret.clone())))
        };
        let Some((url, secret)) = target else { return false };
        let outcome = self.challenge(&url, &secret).await;
        let mut world = self.world();
        let now = world.now_ms();
        let Some(hook) = world.hooks.get_mut(id) else { return false };
        hook.checked_ms = now;
        match outcome {
            Challenge::Passed => (hook.valid, hook.failing_since) = (true, None),
            Challenge::Wrong => hook.valid = false,
            Challenge::Failed => {
                let since = *hook.failing_since.get_or_insert(now);
                hook.valid = hook.valid && now - since < PATIENCE;
            }
        }
        hook.valid
    }

    /// The challenge; the token has signs that are written differently in addresses.
    async fn challenge(&self, url: &str, secret: &str) -> Challenge {
        let Ok(mut target) = url::Url::parse(url) else { return Challenge::Wrong };
        let token = format!("+/={}", STANDARD.encode(opaque(30)));
        target.query_pairs_mut().append_pair("crc_token", &token).append_pair("nonce", &opaque(16));
        let limit = self.world().options.answer_limit;
        let Ok(answer) = self.http.get(target).timeout(limit).send().await else { return Challenge::Failed };
        if answer.status().is_redirection() {
            return Challenge::Wrong;
        }
        if !answer.status().is_success() {
            return Challenge::Failed;
        }
        let body: Value = answer.json().await.unwrap_or_default();
        let right = body["response_token"].as_str() == Some(sign(secret, token.as_bytes()).as_str());
        if right { Challenge::Passed } else { Challenge::Wrong }
    }
}
