//! WhatsApp calls: the app's secret signs every delivery, and the business account is what is subscribed to.

use super::connect::{MANAGEMENT, SCOPES};
use super::outbound::no_business_account;
use super::{WhatsApp, mapping};
use crate::meta::{greet, oauth, signature, subscribed};
use async_trait::async_trait;
use hub_domain::RemoteAccountId;
use hub_platform_kit::platform::{Parsed, Webhook};
use hub_platform_kit::webhook::{
    Callback, Greeting, Inquiry, Inspection, Keys, Previous, Refusal, Report, Subscription, Verified, WebhookRequest,
};
use hub_platform_kit::{Grant, Result, Secret};

/// Everything the hub wants to hear of; messages and statuses share a field.
const FIELDS: &str = "messages,message_template_status_update,account_update,phone_number_quality_update,user_preferences,\
                      user_id_update,smb_message_echoes,history,smb_app_state_sync";

#[async_trait]
impl Webhook for WhatsApp {
    fn greet(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Option<Greeting>, Refusal> {
        greet::greet(request, self.settings.app.verify_token())
    }

    /// The header is a signature, not a secret.
    fn shown_secret_digest(&self, _request: &WebhookRequest) -> Option<[u8; 32]> {
        None
    }

    fn verify(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Verified, Refusal> {
        signature::verify(request, self.settings.app.signing_secrets())
    }

    fn parse(&self, delivery: &Verified) -> Result<Vec<Parsed>> {
        Ok(mapping::delivery(&delivery.body))
    }

    fn accepted(&self) -> (u16, &'static str) {
        (200, r#"{"ok":true}"#)
    }

    /// One subscription brings the deliveries of all numbers of a business account.
    fn subscriber(&self, grant: &Grant) -> RemoteAccountId {
        self.waba(grant).map_or_else(|| grant.remote_id.clone(), RemoteAccountId::from)
    }

    async fn subscribe(&self, grant: &Grant, callback: &Callback) -> Result<Subscription> {
        let waba = self.waba(grant).ok_or_else(no_business_account)?;
        self.api.subscribe(grant.token(), waba).await?;
        // What is told is chosen per app, not per business account.
        let (graph, app) = (&self.api.graph, &self.settings.app);
        oauth::subscribe_app(graph, app, mapping::OBJECT, FIELDS, callback.url.as_str()).await;
        Ok(Subscription { renew_at: None, remote_id: None, memory: serde_json::Value::Null })
    }

    async fn unsubscribe(&self, grant: &Grant, _previous: Option<&Previous>) -> Result<()> {
        let waba = self.waba(grant).ok_or_else(no_business_account)?;
        self.api.unsubscribe(grant.token(), waba).await
    }

    /// The app's own address is the operator's matter; one that was set for this business account alone is not.
    async fn inspect(&self, grant: &Grant, inquiry: &Inquiry) -> Result<Inspection> {
        let waba = self.waba(grant).ok_or_else(no_business_account)?;
        let (graph, app) = (&self.api.graph, &self.settings.app);
        let scopes: Vec<&str> = SCOPES.split(',').collect();
        if let Some(lacks) = oauth::lacks(graph, app, &grant.access_token, &scopes, (MANAGEMENT, waba)).await? {
            return Ok(lacks);
        }
        let Some(own) = subscribed::own(graph, app, waba, waba, grant.token()).await? else {
            return Ok(subscribed::unknown_or_gone(app));
        };
        Ok(match own.get("override_callback_uri").and_then(serde_json::Value::as_str) {
            Some(url) => inquiry.judge(url),
            None => Inspection::Standing(Report::default()),
        })
    }

    /// Meta checks the one address of the app with the one token of the settings.
    fn fixed_callback_secret(&self, _grant: &Grant) -> Option<Secret> {
        self.settings.app.verify_token().map(|token| Secret::from(token.to_owned()))
    }
}
