//! Typed calls, one function per endpoint. The token stands in the path of every call, so no address ever reaches an error
//! or a log.

use super::errors;
use super::wire::{Envelope, File, Message, User, WebhookInfo};
use bytes::Bytes;
use hub_platform_kit::transport::{MAX_ANSWER_BYTES, MEDIA_TIMEOUT, Transport};
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

/// Everything the hub wants to hear of; other kinds are not even sent.
pub(super) const ALLOWED_UPDATES: &[&str] = &[
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "callback_query",
    "message_reaction",
    "my_chat_member",
];
/// Deliveries Telegram may have under way at once.
const MAX_CONNECTIONS: u32 = 40;
/// Longest wait the server grants a polling call.
pub(super) const MAX_POLL_WAIT: Duration = Duration::from_secs(50);
/// How much longer than the server waits for an update the hub waits for the server.
const POLL_GRACE: Duration = Duration::from_secs(15);
/// Updates in one page; Telegram's own limit.
pub(super) const PAGE: usize = 100;

/// Whether a repeat of the call would be seen by a person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Asking again does no harm.
    None,
    /// A cut-off call may have sent something.
    Sends,
}

/// The Bot API.
#[derive(Clone, Debug)]
pub(super) struct Api {
    transport: Transport,
    base: String,
}

impl Api {
    pub(super) fn new(transport: Transport, base_url: &str) -> Self {
        Self { transport, base: base_url.trim_end_matches('/').to_owned() }
    }

    /// Who the token belongs to.
    pub(super) async fn get_me(&self, token: &str) -> Result<User> {
        self.ask(token, "getMe", &json!({})).await
    }

    /// Asks for deliveries at `url`. What waits stays.
    pub(super) async fn set_webhook(&self, token: &str, url: &Url, secret: &str) -> Result<bool> {
        let parameters = json!({
            "url": url.as_str(),
            "secret_token": secret,
            "max_connections": MAX_CONNECTIONS,
            "allowed_updates": ALLOWED_UPDATES,
        });
        self.ask(token, "setWebhook", &parameters).await
    }

    /// Ends deliveries. What waits stays.
    pub(super) async fn delete_webhook(&self, token: &str) -> Result<bool> {
        self.ask(token, "deleteWebhook", &json!({})).await
    }

    /// Where deliveries go, and how they fare.
    pub(super) async fn get_webhook_info(&self, token: &str) -> Result<WebhookInfo> {
        self.ask(token, "getWebhookInfo", &json!({})).await
    }

    /// The next page of updates with the bytes it came in; `offset` confirms everything below it.
    pub(super) async fn get_updates(
        &self,
        token: &str,
        offset: Option<i64>,
        wait: Duration,
    ) -> Result<(Vec<Value>, Bytes)> {
        let wait = wait.min(MAX_POLL_WAIT);
        let mut parameters = json!({ "timeout": wait.as_secs(), "limit": PAGE, "allowed_updates": ALLOWED_UPDATES });
        if let Some(offset) = offset {
            parameters["offset"] = offset.into();
        }
        let request = self.post(token, "getUpdates")?.json(&parameters).timeout(wait + POLL_GRACE);
        self.call(token, request, Effect::None).await
    }

    /// Sends words.
    pub(super) async fn send_message(&self, token: &str, parameters: &Value) -> Result<Message> {
        let request = self.post(token, "sendMessage")?.json(parameters);
        Ok(self.call(token, request, Effect::Sends).await?.0)
    }

    /// Sends one file by the method for its kind.
    pub(super) async fn send_file(&self, token: &str, method: &'static str, form: Form) -> Result<Message> {
        let request = self.post(token, method)?.multipart(form).timeout(MEDIA_TIMEOUT);
        Ok(self.call(token, request, Effect::Sends).await?.0)
    }

    /// Sends an album.
    pub(super) async fn send_media_group(&self, token: &str, form: Form) -> Result<Vec<Message>> {
        let request = self.post(token, "sendMediaGroup")?.multipart(form).timeout(MEDIA_TIMEOUT);
        Ok(self.call(token, request, Effect::Sends).await?.0)
    }

    /// Ends the waiting of a person who pressed a button.
    pub(super) async fn answer_callback_query(&self, token: &str, id: &str) -> Result<bool> {
        self.ask(token, "answerCallbackQuery", &json!({ "callback_query_id": id })).await
    }

    /// Where a file can be fetched.
    pub(super) async fn get_file(&self, token: &str, file_id: &str) -> Result<File> {
        self.ask(token, "getFile", &json!({ "file_id": file_id })).await
    }

    /// The bytes of a file, at most `max_bytes`, and the media type the server names.
    pub(super) async fn download(&self, token: &str, path: &str, max_bytes: u64) -> Result<(Bytes, Option<String>)> {
        let url = self.file_url(token, path)?;
        let request = self.transport.request(Method::GET, url.as_str()).timeout(MEDIA_TIMEOUT);
        let answer = self.transport.call(request, max_bytes).await.map_err(|error| match error.kind {
            // The file was larger than announced; another try would be no smaller.
            ErrorKind::UnexpectedReply => PlatformError { kind: ErrorKind::BadInput, ..error },
            _ => harmless(error),
        })?;
        if answer.status == 200 {
            return Ok((answer.body, answer.content_type));
        }
        let error = errors::refusal(&answer, serde_json::from_slice(&answer.body).ok().as_ref(), token);
        // A path the server does not know any more is a file that is gone, not a wrong method.
        Err(if answer.status == 404 { PlatformError { kind: ErrorKind::NotFound, ..error } } else { error })
    }

    fn file_url(&self, token: &str, path: &str) -> Result<Url> {
        if !valid_token(token) {
            return Err(not_a_token());
        }
        let odd =
            |part: &str| part.is_empty() || part == "." || part == ".." || part.contains(['\\', '%', ':', '?', '#']);
        if path.split('/').any(odd) || path.chars().any(char::is_control) {
            return Err(PlatformError::new(ErrorKind::UnexpectedReply, "the platform named an odd file path"));
        }
        let mut url = Url::parse(&self.base).map_err(|_| wrong_base())?;
        url.path_segments_mut()
            .map_err(|()| wrong_base())?
            .pop_if_empty()
            .extend(["file", &format!("bot{token}")])
            .extend(path.split('/'));
        Ok(url)
    }

    async fn ask<T: DeserializeOwned>(&self, token: &str, method: &str, parameters: &Value) -> Result<T> {
        let request = self.post(token, method)?.json(parameters);
        Ok(self.call(token, request, Effect::None).await?.0)
    }

    fn post(&self, token: &str, method: &str) -> Result<RequestBuilder> {
        if valid_token(token) {
            Ok(self.transport.request(Method::POST, &format!("{}/bot{token}/{method}", self.base)))
        } else {
            Err(not_a_token())
        }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        token: &str,
        request: RequestBuilder,
        effect: Effect,
    ) -> Result<(T, Bytes)> {
        let outcome = match self.transport.call(request, MAX_ANSWER_BYTES).await {
            Err(error) => Err(error),
            Ok(answer) => {
                let envelope: Option<Envelope> = serde_json::from_slice(&answer.body).ok();
                match envelope {
                    Some(Envelope { ok: true, result, .. }) if (200..300).contains(&answer.status) => {
                        serde_json::from_value(result).map(|result| (result, answer.body)).map_err(|_| {
                            PlatformError::new(ErrorKind::UnexpectedReply, "the answer has an unknown shape")
                                .with_status(answer.status)
                        })
                    }
                    envelope => Err(errors::refusal(&answer, envelope.as_ref(), token)),
                }
            }
        };
        outcome.map_err(|error| if effect == Effect::Sends { doubtful(error) } else { harmless(error) })
    }
}

/// After a send, a server error or an answer nobody understands leaves open whether the message went out, and Telegram drops
/// no repeats.
fn doubtful(mut error: PlatformError) -> PlatformError {
    let server_trouble = error.status.is_some_and(|status| status >= 500);
    let accepted = error.status.is_none_or(|status| status < 400);
    match error.kind {
        ErrorKind::Transient { .. } if server_trouble => error.kind = ErrorKind::Transient { maybe_applied: true },
        ErrorKind::UnexpectedReply if accepted => error.kind = ErrorKind::Transient { maybe_applied: true },
        _ => {}
    }
    error
}

/// A cut-off question changed nothing.
fn harmless(mut error: PlatformError) -> PlatformError {
    if let ErrorKind::Transient { maybe_applied } = &mut error.kind {
        *maybe_applied = false;
    }
    error
}

/// The bot's id: the number before the colon of its token.
pub(super) fn bot_id(token: &str) -> Option<&str> {
    token.split_once(':').map(|(id, _)| id).filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether the text has the shape of a bot token. Anything else must not get into an address.
pub(super) fn valid_token(token: &str) -> bool {
    let secret_fits = |secret: &str| {
        (1..=100).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    bot_id(token).is_some_and(|id| id.len() <= 20)
        && token.split_once(':').is_some_and(|(_, secret)| secret_fits(secret))
}

fn not_a_token() -> PlatformError {
    PlatformError::new(ErrorKind::ReauthRequired, "the account has no bot token")
}

fn wrong_base() -> PlatformError {
    PlatformError::new(ErrorKind::Misconfigured, "TELEGRAM_API_BASE_URL is not an address")
}
