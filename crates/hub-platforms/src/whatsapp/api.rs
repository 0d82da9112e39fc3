//! Typed calls, one function per endpoint.

use super::errors;
use super::lenient::{List, Whole, Word};
use crate::meta::graph::{Call, Graph};
use crate::meta::{App, files};
use crate::values;
use hub_platform_kit::platform::{Fetched, OutboundFile, Template};
use hub_platform_kit::transport::Transport;
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::{Value, json};

/// Things per page of a list.
const PAGE: usize = 100;
/// Pages read of a list; the numbers and templates of a business account end before.
const MAX_PAGES: usize = 5;
/// What the platform says it took.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Accepted {
    pub(super) contacts: List<Addressee>,
    pub(super) messages: List<Taken>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Addressee {
    pub(super) wa_id: Word,
    pub(super) user_id: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Taken {
    pub(super) id: Word,
}

/// Where a file can be fetched, for some minutes.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct MediaInfo {
    pub(super) url: Word,
    pub(super) mime_type: Word,
    /// Hexadecimal digits here; the webhook writes it in base64.
    pub(super) sha256: Word,
    pub(super) file_size: Whole,
}

/// A number of a business account.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Number {
    pub(super) id: Word,
    #[serde(rename = "display_phone_number")]
    pub(super) dialled: Word,
    pub(super) verified_name: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Listed {
    name: Word,
    language: Word,
    category: Word,
    status: Word,
    components: Value,
}

#[derive(Deserialize)]
#[serde(bound = "T: serde::de::DeserializeOwned")]
struct Page<T> {
    data: List<T>,
    #[serde(default)]
    paging: Value,
}

impl<T> Page<T> {
    /// Where to go on. The address of the next page holds the token, so only its presence counts.
    fn next(&self) -> Option<String> {
        self.paging.get("next").and_then(Value::as_str)?;
        self.paging["cursors"]["after"].as_str().map(str::to_owned)
    }
}

/// The Graph API as WhatsApp uses it.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) graph: Graph,
    loopback_media: bool,
}

impl Api {
    pub(super) fn new(transport: Transport, app: &App) -> Self {
        Self { graph: Graph::new(transport, app, errors::rows()), loopback_media: app.loopback_media }
    }

    /// Hands a message over.
    pub(super) async fn send(&self, grant: &Grant, body: Value) -> Result<Accepted> {
        self.messages(grant, body).sends().ask().await.map_err(errors::explained)
    }

    /// Hands something over that a repeat does not change.
    pub(super) async fn repeatable(&self, grant: &Grant, body: Value) -> Result<Accepted> {
        self.messages(grant, body).ask().await.map_err(errors::explained)
    }

    /// Tells something that no person sees twice: read, typing.
    pub(super) async fn tell(&self, grant: &Grant, body: Value) -> Result<()> {
        confirmed(self.messages(grant, body).ask().await)
    }

    fn messages(&self, grant: &Grant, body: Value) -> Call<'_> {
        self.graph.post(format!("{}/messages", grant.remote_id)).token(grant.token()).json(body)
    }

    /// Puts a file there; its id counts for this number only.
    pub(super) async fn upload(&self, grant: &Grant, file: &OutboundFile) -> Result<String> {
        let part = Part::stream(file.bytes.clone()).file_name(file.file_name.clone()).mime_str(&file.mime_type);
        let part = part.map_err(|_| PlatformError::bad_input("the media type of a file is not one"))?;
        let form = Form::new().text("messaging_product", "whatsapp").text("type", file.mime_type.clone());
        let path = format!("{}/media", grant.remote_id);
        let call = self.graph.post(path).token(grant.token()).files(form.part("file", part));
        let answer: Value = call.ask().await.map_err(errors::explained)?;
        values::id(&answer["id"]).ok_or_else(odd_answer)
    }

    /// Where a file can be fetched.
    pub(super) async fn media(&self, grant: &Grant, id: &str) -> Result<MediaInfo> {
        let call = self.graph.get(id).token(grant.token()).query("phone_number_id", grant.remote_id.as_str());
        call.ask().await.map_err(errors::explained)
    }

    /// The bytes of a file. The server wants the token, and only Meta's servers get it.
    pub(super) async fn download(&self, grant: &Grant, url: &str, max_bytes: u64) -> Result<Fetched> {
        files::fetch(&self.graph.transport, url, Some(grant.token()), self.loopback_media, max_bytes).await
    }

    /// One number, if the token may see it.
    pub(super) async fn number(&self, token: &str, id: &str) -> Result<Number> {
        let call = self.graph.get(id).token(token).query("fields", "id,display_phone_number,verified_name");
        call.ask().await.map_err(errors::explained)
    }

    /// The numbers of a business account.
    pub(super) async fn numbers(&self, token: &str, waba: &str) -> Result<Vec<Number>> {
        self.pages(token, waba, "phone_numbers", "id,display_phone_number,verified_name").await
    }

    /// The prepared messages of a business account.
    pub(super) async fn templates(&self, token: &str, waba: &str) -> Result<Vec<Template>> {
        let fields = "name,language,category,status,components";
        let listed: Vec<Listed> = self.pages(token, waba, "message_templates", fields).await?;
        let read = |one: Listed| {
            Some(Template {
                name: one.name.take()?,
                language: one.language.take()?,
                category: one.category.take(),
                status: one.status.take().unwrap_or_default(),
                components: one.components,
            })
        };
        Ok(listed.into_iter().filter_map(read).collect())
    }

    async fn pages<T: serde::de::DeserializeOwned>(
        &self,
        token: &str,
        waba: &str,
        list: &str,
        fields: &str,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let call = self.graph.get(format!("{waba}/{list}")).token(token).account(waba);
            let mut call = call.query("fields", fields).query("limit", PAGE.to_string());
            if let Some(after) = after.take() {
                call = call.query("after", after);
            }
            let page: Page<T> = call.ask().await.map_err(errors::explained)?;
            after = page.next();
            all.extend(page.data.take());
            if after.is_none() {
                break;
            }
        }
        all.truncate(PAGE * MAX_PAGES);
        Ok(all)
    }

    /// Asks for the deliveries of a business account.
    pub(super) async fn subscribe(&self, token: &str, waba: &str) -> Result<()> {
        confirmed(self.graph.post(format!("{waba}/subscribed_apps")).token(token).ask().await)
    }

    /// Ends the deliveries of a business account.
    pub(super) async fn unsubscribe(&self, token: &str, waba: &str) -> Result<()> {
        confirmed(self.graph.delete(format!("{waba}/subscribed_apps")).token(token).ask().await)
    }

    /// Takes everything back that the token's owner granted the app.
    pub(super) async fn revoke(&self, token: &str) -> Result<()> {
        confirmed(self.graph.delete("me/permissions").token(token).ask().await)
    }
}

/// The answer of calls that only say whether they worked.
fn confirmed(answer: Result<Value>) -> Result<()> {
    match answer.map_err(errors::explained)? {
        answer if values::is_true(answer.get("success")) => Ok(()),
        _ => Err(odd_answer()),
    }
}

pub(super) fn odd_answer() -> PlatformError {
    PlatformError::new(ErrorKind::UnexpectedReply, "the answer has an unknown shape")
}

/// A body that belongs to WhatsApp.
pub(super) fn product() -> Value {
    json!({ "messaging_product": "whatsapp" })
}
