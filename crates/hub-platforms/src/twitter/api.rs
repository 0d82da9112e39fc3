//! Typed calls, one function per endpoint.

use super::Settings;
use super::client::{Call, Client, odd_answer};
use super::wire::{Person, id, list, number, words};
use hub_platform_kit::transport::{Answer, MEDIA_TIMEOUT, Transport};
use hub_platform_kit::{ErrorKind, PlatformError, Result, Secret};
use reqwest::multipart::{Form, Part};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Everything of an event; without being asked the platform tells id, kind and text.
const EVENT_FIELDS: &str = "id,text,event_type,created_at,sender_id,dm_conversation_id,attachments,referenced_tweets,\
                            participant_ids,entities";
/// The same in the words of the publisher's newest description, for the day when the older ones are refused.
const NEWER_EVENT_FIELDS: &str = "id,text,event_type,created_at,dm_conversation_id,attachments,entities";
/// What an event names.
const EXPANSIONS: &str = "sender_id,attachments.media_keys,participant_ids";
/// What happens in conversations.
const EVENT_TYPES: &str = "MessageCreate,ParticipantsJoin,ParticipantsLeave";
/// What is asked of people.
const USER_FIELDS: &str = "name,username,profile_image_url";
/// What is asked of files.
const MEDIA_FIELDS: &str = "type,url,preview_image_url,variants,width,height,duration_ms";

/// Tokens as the platform hands them out.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    pub(super) access: Secret,
    pub(super) refresh: Option<Secret>,
    /// How long the access token lives.
    pub(super) life: Option<Duration>,
    pub(super) scopes: Vec<String>,
    pub(super) answer: Answer,
}

/// What became of a message.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) conversation: Option<String>,
    pub(super) event: String,
}

/// How far a file is that was put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processing {
    Ready,
    /// Ask again after this long.
    Wait(Duration),
    Failed,
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    Person(&'a str),
    Conversation(&'a str),
}

/// X's API as the hub uses it. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) client: Client,
    settings: Arc<Settings>,
    /// The app-only token, where it was asked for.
    app_token: Arc<Mutex<Option<Secret>>>,
}

impl Api {
    pub(super) fn new(transport: Transport, settings: Arc<Settings>) -> Self {
        let client = Client::new(transport, &settings.api_base_url);
        Self { client, settings, app_token: Arc::default() }
    }

    fn of_the_app<'a>(&self, call: Call<'a>, mut fields: Vec<(&'static str, String)>) -> Result<Call<'a>> {
        let missing = || PlatformError::new(ErrorKind::Misconfigured, "TWITTER_CLIENT_ID is not set");
        let client_id = self.settings.client_id().ok_or_else(missing)?;
        if let Some(secret) = self.settings.client_secret() {
            return Ok(call.pair(client_id, secret).fields(fields));
        }
        fields.push(("client_id", client_id.to_owned()));
        Ok(call.fields(fields))
    }

    /// Trades a code, which lives for half a minute and counts once.
    pub(super) async fn exchange(&self, code: &str, redirect_uri: &str, verifier: &str) -> Result<Handed> {
        self.tokens(vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", redirect_uri.to_owned()),
            ("code_verifier", verifier.to_owned()),
        ])
        .await
    }

    /// Trades a refresh token, which counts once, for new tokens.
    pub(super) async fn refresh(&self, token: &str) -> Result<Handed> {
        self.tokens(vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", token.to_owned())]).await
    }

    async fn tokens(&self, fields: Vec<(&'static str, String)>) -> Result<Handed> {
        let call = self.client.post(["2", "oauth2", "token"]).about_tokens();
        let (body, answer) = self.of_the_app(call, fields)?.ask().await?;
        let secret = |name: &str| words(&body[name]).map(|token| Secret::from(token.to_owned()));
        Ok(Handed {
            access: secret("access_token").ok_or_else(odd_answer)?,
            refresh: secret("refresh_token"),
            life: number(&body["expires_in"]).and_then(|life| u64::try_from(life).ok()).map(Duration::from_secs),
            scopes: words(&body["scope"]).unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            answer,
        })
    }

    /// Takes a token back. One that is dead already is no failure.
    pub(super) async fn revoke(&self, token: &str) -> Result<()> {
        let call = self.client.post(["2", "oauth2", "revoke"]).about_tokens();
        match self.of_the_app(call, vec![("token", token.to_owned())])?.ask().await {
            Err(error) if error.kind != ErrorKind::ReauthRequired => Err(error),
            _ => Ok(()),
        }
    }

    /// The app-only token: the operator's, or one that the API key and its secret get.
    pub(super) async fn app_token(&self) -> Result<Secret> {
        if let Some(token) = self.settings.bearer_token() {
            return Ok(Secret::from(token.to_owned()));
        }
        if let Some(token) = self.app_token.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(token);
        }
        let (Some(key), Some(secret)) = (self.settings.consumer_key(), self.settings.consumer_secret()) else {
            let why = "X calls the hub only when TWITTER_BEARER_TOKEN, or TWITTER_CONSUMER_KEY, is set";
            return Err(PlatformError::new(ErrorKind::Misconfigured, why));
        };
        let fields = vec![("grant_type", "client_credentials".to_owned())];
        let call = self.client.post(["oauth2", "token"]).pair(key, secret).fields(fields);
        let (body, _) = call.ask().await.map_err(the_apps)?;
        let token = Secret::from(words(&body["access_token"]).ok_or_else(odd_answer)?.to_owned());
        *self.app_token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }

    /// Makes a call by the app-only token. A refused token is the app's trouble and no account's.
    pub(super) async fn as_app(&self, call: Call<'_>) -> Result<(Value, Answer)> {
        let token = self.app_token().await?;
        let outcome = call.token(token.expose_secret()).ask().await;
        if matches!(&outcome, Err(error) if error.kind == ErrorKind::ReauthRequired) {
            *self.app_token.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        outcome.map_err(the_apps)
    }

    /// Whose the token is.
    pub(super) async fn me(&self, token: &str) -> Result<(String, Person)> {
        let call = self.client.get(["2", "users", "me"]).token(token).query("user.fields", USER_FIELDS);
        let (body, _) = call.ask().await?;
        Ok((id(&body["data"]["id"]).ok_or_else(odd_answer)?, Person::of(&body["data"])))
    }

    /// Somebody, if they are there.
    pub(super) async fn person(&self, token: &str, person: &str) -> Result<Option<Person>> {
        let call = self.client.get(["2", "users"]).token(token);
        let (body, _) = call.query("ids", person).query("user.fields", USER_FIELDS).ask().await?;
        Ok(list(&body["data"]).iter().find(|one| id(&one["id"]).as_deref() == Some(person)).map(Person::of))
    }

    /// Hands a message over: words, a file, or both.
    pub(super) async fn send(&self, token: &str, target: Target<'_>, body: Value) -> Result<Taken> {
        let call = match target {
            Target::Person(person) => self.client.post(["2", "dm_conversations", "with", person, "messages"]),
            Target::Conversation(conversation) => self.client.post(["2", "dm_conversations", conversation, "messages"]),
        };
        let (body, _) = call.token(token).json(body).sends().ask().await?;
        taken(&body).ok_or_else(|| PlatformError { kind: ErrorKind::Transient { maybe_applied: true }, ..odd_answer() })
    }

    /// A page of what happened, newest first.
    pub(super) async fn events(&self, token: &str, size: u32, page: Option<&str>) -> Result<Value> {
        match self.events_with(EVENT_FIELDS, token, size, page).await {
            Err(error) if error.kind == ErrorKind::BadInput && error.message.contains("dm_event.fields") => {
                self.events_with(NEWER_EVENT_FIELDS, token, size, page).await
            }
            outcome => outcome,
        }
    }

    async fn events_with(&self, fields: &str, token: &str, size: u32, page: Option<&str>) -> Result<Value> {
        let call = self.client.get(["2", "dm_events"]).token(token);
        let mut call = call
            .query("max_results", size.to_string())
            .query("event_types", EVENT_TYPES)
            .query("dm_event.fields", fields)
            .query("expansions", EXPANSIONS)
            .query("user.fields", USER_FIELDS)
            .query("media.fields", MEDIA_FIELDS);
        if let Some(page) = page {
            call = call.query("pagination_token", page);
        }
        call.ask().await.map(|(body, _)| body)
    }

    /// Announces a file; gives its id.
    pub(super) async fn initialize(&self, token: &str, category: &str, mime: &str, bytes: usize) -> Result<String> {
        let body = json!({ "media_category": category, "media_type": mime, "total_bytes": bytes });
        let call = self.client.post(["2", "media", "upload", "initialize"]).token(token).json(body);
        let (body, _) = call.ask().await?;
        id(&body["data"]["id"]).ok_or_else(odd_answer)
    }

    /// Hands over a piece of a file.
    pub(super) async fn append(&self, token: &str, media: &str, place: usize, piece: bytes::Bytes) -> Result<()> {
        let part = Part::stream(piece).file_name("piece").mime_str("application/octet-stream");
        let part = part.map_err(|_| odd_answer())?;
        let form = Form::new().text("segment_index", place.to_string()).part("media", part);
        let call = self.client.post(["2", "media", "upload", media, "append"]).token(token).files(form);
        call.ask().await.map(|_| ())
    }

    /// Says that all pieces are there.
    pub(super) async fn finalize(&self, token: &str, media: &str) -> Result<Processing> {
        let call = self.client.post(["2", "media", "upload", media, "finalize"]).token(token);
        call.ask().await.map(|(body, _)| processing(&body))
    }

    /// How far the platform is with a file.
    pub(super) async fn upload_state(&self, token: &str, media: &str) -> Result<Processing> {
        let call = self.client.get(["2", "media", "upload"]).token(token).query("media_id", media);
        call.ask().await.map(|(body, _)| processing(&body))
    }

    /// A file of a message, at most `max_bytes`.
    pub(super) async fn media(&self, token: &str, path: [&str; 3], max_bytes: u64) -> Result<Answer> {
        let [dm, media, resource] = path;
        let call = self.client.get(["2", "dm_conversations", "media", dm, media, resource]).token(token);
        call.file(max_bytes, MEDIA_TIMEOUT).await
    }
}

fn taken(body: &Value) -> Option<Taken> {
    let data = &body["data"];
    Some(Taken { conversation: id(&data["dm_conversation_id"]), event: id(&data["dm_event_id"])? })
}

fn processing(body: &Value) -> Processing {
    let info = &body["data"]["processing_info"];
    match words(&info["state"]) {
        Some("pending" | "in_progress") => {
            let wait = number(&info["check_after_secs"]).and_then(|wait| u64::try_from(wait).ok()).unwrap_or(1);
            Processing::Wait(Duration::from_secs(wait))
        }
        Some("failed") => Processing::Failed,
        _ => Processing::Ready,
    }
}

/// What went wrong with the app's own token accuses no account.
fn the_apps(error: PlatformError) -> PlatformError {
    match error.kind {
        ErrorKind::ReauthRequired => PlatformError {
            kind: ErrorKind::Misconfigured,
            message: "X does not accept the app's bearer token or API key. An administrator must look at them."
                .to_owned(),
            ..error
        },
        _ => error,
    }
}
