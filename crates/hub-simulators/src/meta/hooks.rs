//! Where apps are called, the verification that comes first, and who hears of an event.

use super::post::Held;
use super::{Call, GraphError, Meta, Outcome};
use axum::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// The longest a receiver may take to repeat the challenge.
const VERIFY_LIMIT: Duration = Duration::from_secs(10);
/// The longest answer to a challenge that is looked at, in bytes.
const MAX_CHALLENGE: usize = 4_096;

/// Where an app is called about one sort of object.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) url: String,
    pub(crate) fields: Vec<String>,
}

/// Something that apps may hear of.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// `page`, `instagram`, `whatsapp_business_account`.
    pub(crate) object: &'static str,
    /// The Page or account that apps subscribed to.
    pub(crate) asset: String,
    /// Its field; several when pages of the manual name it differently.
    pub(crate) fields: &'static [&'static str],
    /// Whether the subscription of the Page or account names fields too.
    pub(crate) fields_of_asset: bool,
    /// One entry of the body.
    pub(crate) entry: Value,
}

impl Meta {
    /// Queues an event for every app that wants it; gives their number.
    pub(crate) fn emit(&self, event: &Event) -> usize {
        let mut state = self.state();
        let wanted = |fields: &[String]| event.fields.iter().any(|field| fields.iter().any(|known| known == field));
        let mut found = Vec::new();
        for (app_id, subscribed) in state.subscribed.get(&event.asset).into_iter().flatten() {
            if event.fields_of_asset && !wanted(&subscribed.fields) {
                continue;
            }
            let Some(hook) = state.hooks.get(&(app_id.clone(), event.object.to_owned())) else { continue };
            if wanted(&hook.fields) {
                found.push(Held {
                    app_id: app_id.clone(),
                    object: event.object.to_owned(),
                    url: subscribed.callback.clone().unwrap_or_else(|| hook.url.clone()),
                    asset: event.asset.clone(),
                    entry: event.entry.clone(),
                });
            }
        }
        let count = found.len();
        for held in found {
            state.enqueue(held);
        }
        drop(state);
        self.note_change();
        count
    }

    /// Asks an address for the challenge; the error says what was wrong.
    pub(crate) async fn verify(&self, url: &str, verify_token: &str) -> Result<(), GraphError> {
        let failed = |why: String| {
            let words = format!(
                "(#2200) Callback verification failed with the following errors: {why}; HTTP Message = ; Curl Error Code ="
            );
            GraphError::new(2_200, words)
        };
        let challenge = super::state::digits("1", 10);
        let mut target = url::Url::parse(url).map_err(|_| failed("callback_url is not a valid URL".to_owned()))?;
        let loopback = matches!(target.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        // The real platform wants HTTPS with a good certificate; on loopback there is none.
        if target.scheme() != "https" && !loopback {
            return Err(failed("callback_url must use HTTPS".to_owned()));
        }
        target
            .query_pairs_mut()
            .append_pair("hub.mode", "subscribe")
            .append_pair("hub.challenge", &challenge)
            .append_pair("hub.verify_token", verify_token);
        let answer = self.http().get(target).timeout(VERIFY_LIMIT).send().await;
        let answer = answer.map_err(|_| failed("HTTP Status Code = 0".to_owned()))?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(failed(format!("HTTP Status Code = {status}")));
        }
        let body = answer.bytes().await.unwrap_or_default();
        if body.len() > MAX_CHALLENGE || body != challenge.as_bytes() {
            return Err(failed("The callback did not echo the challenge".to_owned()));
        }
        Ok(())
    }

    /// Makes an app hear of an object, after the verification; the same as the dashboard does.
    pub async fn subscribe_app(
        &self,
        app_id: &str,
        object: &str,
        url: &str,
        verify_token: &str,
        fields: &[&str],
    ) -> Result<(), String> {
        self.verify(url, verify_token).await.map_err(|error| error.message)?;
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        let hook = Hook { url: url.to_owned(), fields };
        self.state().hooks.insert((app_id.to_owned(), object.to_owned()), hook);
        self.note_change();
        Ok(())
    }

    /// `/{app-id}/subscriptions`, with the app's own token.
    pub(super) async fn subscriptions(&self, call: &Call, app_id: &str) -> Outcome {
        self.authorise_app(call, app_id)?;
        if call.method == Method::POST {
            let object = call.required("object")?;
            let url = call.required("callback_url")?;
            let verify_token = call.text("verify_token").unwrap_or_default();
            let fields = call.list("fields");
            if fields.is_empty() {
                return Err(GraphError::parameter("The parameter fields is required"));
            }
            self.verify(&url, &verify_token).await?;
            self.state().hooks.insert((app_id.to_owned(), object), Hook { url, fields });
            self.note_change();
            return Ok(json!({"success": true}));
        }
        let mut state = self.state();
        if call.method == Method::DELETE {
            let only = call.text("object");
            let gone = |app: &str, object: &str| app == app_id && only.as_deref().is_none_or(|only| only == object);
            state.hooks.retain(|(app, object), _| !gone(app, object));
            return Ok(json!({"success": true}));
        }
        let listed = state.hooks.iter().filter(|((app, _), _)| app == app_id).map(|((_, object), hook)| {
            let fields = hook.fields.iter().map(|name| json!({"name": name, "version": "v25.0"}));
            json!({
                "object": object, "callback_url": hook.url, "active": true, "fields": fields.collect::<Vec<_>>(),
            })
        });
        Ok(json!({"data": listed.collect::<Vec<Value>>()}))
    }
}
