//! The app's webhook and the subscriptions that lead to it: typed calls, one function per endpoint.

use super::api::Api;
use super::client::odd_answer;
use super::wire::{id, list, words};
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use reqwest::Method;
use serde_json::{Value, json};

/// Pages read of the list of subscriptions; an app has at most some thousands.
const MAX_PAGES: usize = 20;
/// The same subscription once more, in the words of a refusal.
const DUPLICATE: &str = "duplicate";

/// A webhook of the app.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) valid: bool,
}

impl Hook {
    fn of(value: &Value) -> Option<Self> {
        let valid = value["valid"].as_bool().unwrap_or(false);
        Some(Self { id: id(&value["id"])?, url: words(&value["url"])?.to_owned(), valid })
    }
}

/// A subscription of the activity API.
#[derive(Clone, Debug)]
pub(super) struct Subscribed {
    pub(super) id: String,
    pub(super) event_type: String,
    pub(super) user: Option<String>,
    pub(super) webhook: Option<String>,
}

impl Subscribed {
    fn of(value: &Value) -> Option<Self> {
        Some(Self {
            id: id(&value["subscription_id"]).or_else(|| id(&value["id"]))?,
            event_type: words(&value["event_type"])?.to_owned(),
            user: id(&value["filter"]["user_id"]),
            webhook: id(&value["webhook_id"]),
        })
    }
}

impl Api {
    /// The app's webhooks.
    pub(super) async fn hooks(&self) -> Result<Vec<Hook>> {
        let (body, _) = self.as_app(self.client.get(["2", "webhooks"])).await?;
        Ok(list(&body["data"]).iter().filter_map(Hook::of).collect())
    }

    /// Names an address; the platform challenges it before it answers.
    pub(super) async fn create_hook(&self, url: &str) -> Result<Hook> {
        let call = self.client.post(["2", "webhooks"]).json(json!({ "url": url }));
        let (body, _) = self.as_app(call).await?;
        // The answer is shown with and without a wrapping.
        Hook::of(&body["data"]).or_else(|| Hook::of(&body)).ok_or_else(odd_answer)
    }

    /// Has an address challenged now, which heals a broken webhook.
    pub(super) async fn challenge_hook(&self, hook: &str) -> Result<bool> {
        let (body, _) = self.as_app(self.client.call(Method::PUT, ["2", "webhooks", hook])).await?;
        // An answer without the word is one that says nothing against it.
        Ok(body["data"]["valid"].as_bool().unwrap_or(true))
    }

    /// The app's subscriptions.
    pub(super) async fn subscriptions(&self) -> Result<Vec<Subscribed>> {
        let mut all = Vec::new();
        let mut page: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut call = self.client.get(["2", "activity", "subscriptions"]);
            if let Some(page) = page.take() {
                call = call.query("pagination_token", page);
            }
            let (body, _) = self.as_app(call).await?;
            all.extend(list(&body["data"]).iter().filter_map(Subscribed::of));
            page = words(&body["meta"]["next_token"]).map(str::to_owned);
            if page.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// Subscribes to one kind of event: of a person by their token, or of all the app's people by the app's.
    pub(super) async fn subscribe(&self, kind: &str, person: Option<(&str, &str)>, hook: &str) -> Result<()> {
        let filter = person.map_or_else(|| json!({}), |(user, _)| json!({ "user_id": user }));
        let body = json!({ "event_type": kind, "filter": filter, "tag": format!("hub {kind}"), "webhook_id": hook });
        let call = self.client.post(["2", "activity", "subscriptions"]).json(body);
        let outcome = match person {
            Some((_, token)) => call.token(token).ask().await,
            None => self.as_app(call).await,
        };
        match outcome {
            // Somebody else subscribed meanwhile.
            Err(error) if error.kind == ErrorKind::BadInput && says(&error, DUPLICATE) => Ok(()),
            outcome => outcome.map(|_| ()),
        }
    }

    /// Leads a subscription to another webhook.
    pub(super) async fn lead(&self, subscription: &str, hook: &str) -> Result<()> {
        let call = self.client.call(Method::PUT, ["2", "activity", "subscriptions", subscription]);
        self.as_app(call.json(json!({ "webhook_id": hook }))).await.map(|_| ())
    }

    /// Ends a subscription; one that is gone is no failure.
    pub(super) async fn end_subscription(&self, subscription: &str) -> Result<()> {
        gone_is_fine(
            self.as_app(self.client.call(Method::DELETE, ["2", "activity", "subscriptions", subscription])).await,
        )
    }

    /// Subscribes a person in the older way: everything of theirs, posts included.
    pub(super) async fn subscribe_account(&self, token: &str, hook: &str) -> Result<()> {
        if self.account_is_subscribed(token, hook).await? {
            return Ok(());
        }
        let path = ["2", "account_activity", "webhooks", hook, "subscriptions", "all"];
        let (body, _) = self.client.post(path).token(token).ask().await?;
        if body["data"]["subscribed"].as_bool() == Some(true) { Ok(()) } else { Err(odd_answer()) }
    }

    /// Whether a person is subscribed in the older way.
    pub(super) async fn account_is_subscribed(&self, token: &str, hook: &str) -> Result<bool> {
        let path = ["2", "account_activity", "webhooks", hook, "subscriptions", "all"];
        let (known, _) = self.client.get(path).token(token).ask().await?;
        Ok(known["data"]["subscribed"].as_bool() == Some(true))
    }

    /// Ends the older way.
    pub(super) async fn end_account(&self, user: &str, hook: &str) -> Result<()> {
        let path = ["2", "account_activity", "webhooks", hook, "subscriptions", user, "all"];
        gone_is_fine(self.as_app(self.client.call(Method::DELETE, path)).await)
    }
}

fn gone_is_fine(outcome: Result<(Value, hub_platform_kit::transport::Answer)>) -> Result<()> {
    match outcome {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        outcome => outcome.map(|_| ()),
    }
}

/// True when a refusal has this word in it, in whatever case.
pub(super) fn says(error: &PlatformError, word: &str) -> bool {
    error.message.to_ascii_lowercase().contains(word)
}
