//! Typed calls, one function per endpoint.

use super::graph::{Call, Graph, Said};
use super::settings::Settings;
use hub_domain::Timestamp;
use hub_platform_kit::transport::Transport;
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use reqwest::Method;
use serde_json::{Value, json};

/// Things per page; the platform gives no more.
const PAGE: &str = "50";
/// Pages read of the list of subscriptions; an app may have ten for one person.
const MAX_SUBSCRIPTION_PAGES: usize = 5;

/// Graph as the adapter uses it.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) graph: Graph,
}

impl Api {
    pub(super) fn new(transport: Transport, settings: &Settings) -> Self {
        Self { graph: Graph::new(transport, settings) }
    }

    fn get<'a>(&'a self, token: &'a str, path: &[&str]) -> Call<'a> {
        self.graph.call(Method::GET, path, token)
    }

    fn post<'a>(&'a self, token: &'a str, path: &[&str]) -> Call<'a> {
        self.graph.call(Method::POST, path, token)
    }

    /// Who signed in.
    pub(super) async fn me(&self, token: &str) -> Result<Value> {
        self.get(token, &["me"]).ask().await
    }

    /// A person of the directory.
    pub(super) async fn user(&self, token: &str, id: &str) -> Result<Value> {
        self.get(token, &["users", id]).query("$select", "id,displayName,mail,userPrincipalName").ask().await
    }

    /// A page of chats with their members, the latest first.
    pub(super) async fn chats(&self, token: &str, link: Option<&str>) -> Result<Said> {
        let call = match link {
            Some(link) => self.graph.page(link, token),
            None => self
                .get(token, &["me", "chats"])
                .query("$expand", "members,lastMessagePreview")
                .query("$orderby", "lastMessagePreview/createdDateTime desc")
                .query("$top", PAGE),
        };
        call.ask_when().await
    }

    /// A chat with its members.
    pub(super) async fn chat(&self, token: &str, chat: &str) -> Result<Value> {
        self.get(token, &["chats", chat]).query("$expand", "members").ask().await
    }

    /// A page of a chat's messages, what changed last first. The platform heeds a filter only beside the same order.
    pub(super) async fn messages(&self, token: &str, chat: &str, since: Option<Timestamp>) -> Result<Said> {
        let call = self.get(token, &["chats", chat, "messages"]).query("$top", PAGE);
        let call = call.query("$orderby", "lastModifiedDateTime desc");
        let since = since.map(|since| format!("lastModifiedDateTime gt {}", hub_domain::time::to_contract(since)));
        since.iter().fold(call, |call, filter| call.query("$filter", filter)).ask_when().await
    }

    /// A following page.
    pub(super) async fn page(&self, token: &str, link: &str) -> Result<Said> {
        self.graph.page(link, token).ask_when().await
    }

    /// One message.
    pub(super) async fn message(&self, token: &str, chat: &str, message: &str) -> Result<Value> {
        self.get(token, &["chats", chat, "messages", message]).ask().await
    }

    /// Says something; with `quoted` as an answer to it.
    pub(super) async fn send(&self, token: &str, chat: &str, message: Value, quoted: Option<&str>) -> Result<Value> {
        let call = match quoted {
            None => self.post(token, &["chats", chat, "messages"]).json(message),
            Some(quoted) => {
                let body = json!({ "messageIds": [quoted], "replyMessage": message });
                self.post(token, &["chats", chat, "messages", "replyWithQuote"]).json(body)
            }
        };
        call.sends().ask().await
    }

    /// Puts a reaction there (`setReaction`) or takes it away (`unsetReaction`).
    pub(super) async fn react(&self, token: &str, at: (&str, &str), action: &str, reaction: &str) -> Result<()> {
        let (chat, message) = at;
        let call = self.post(token, &["chats", chat, "messages", message, action]);
        call.json(json!({ "reactionType": reaction })).ask().await.map(|_| ())
    }

    /// Everything in the chat was read by the person.
    pub(super) async fn mark_read(&self, token: &str, chat: &str, user: &str, tenant: Option<&str>) -> Result<()> {
        let call = self.post(token, &["chats", chat, "markChatReadForUser"]);
        call.json(json!({ "user": { "id": user, "tenantId": tenant } })).ask().await.map(|_| ())
    }

    /// Asks to be called.
    pub(super) async fn subscribe(&self, token: &str, wanted: Value) -> Result<Said> {
        self.post(token, &["subscriptions"]).json(wanted).ask_when().await
    }

    /// Prolongs a subscription, with a new certificate if there is one.
    pub(super) async fn renew(&self, token: &str, id: &str, change: Value) -> Result<Said> {
        self.graph.call(Method::PATCH, &["subscriptions", id], token).json(change).ask_when().await
    }

    /// Ends a subscription; one that is gone is fine.
    pub(super) async fn unsubscribe(&self, token: &str, id: &str) -> Result<()> {
        match self.graph.call(Method::DELETE, &["subscriptions", id], token).ask().await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            outcome => outcome.map(|_| ()),
        }
    }

    /// One subscription.
    pub(super) async fn subscription(&self, token: &str, id: &str) -> Result<Value> {
        self.get(token, &["subscriptions", id]).ask().await
    }

    /// The subscriptions that the app has for the person.
    pub(super) async fn subscriptions(&self, token: &str) -> Result<Vec<Value>> {
        let mut answer = self.get(token, &["subscriptions"]).ask().await?;
        let mut found = Vec::new();
        for _ in 0..MAX_SUBSCRIPTION_PAGES {
            found.extend(listed(&answer)?.iter().cloned());
            let Some(link) = next(&answer) else { return Ok(found) };
            answer = self.page(token, &link).await?.value;
        }
        Ok(found)
    }
}

/// What a listing lists. An answer without a list is no empty one: it must not look like the end.
pub(super) fn listed(answer: &Value) -> Result<&[Value]> {
    let odd = || PlatformError::new(ErrorKind::UnexpectedReply, "the answer lists nothing");
    answer.get("value").and_then(Value::as_array).map(Vec::as_slice).ok_or_else(odd)
}

/// Where the following page lies. A page may be empty and still have one.
pub(super) fn next(answer: &Value) -> Option<String> {
    answer.get("@odata.nextLink").and_then(Value::as_str).map(str::to_owned)
}
