//! Meta calls us: one address for all pages of the app, proven by the app's secret.

use super::connect::{PER_PAGE, SCOPES};
use super::{DIALECT, Facebook};
use crate::meta::messaging::threads::ReadBack;
use crate::meta::pages::FIELDS_OF_DELIVERIES;
use crate::meta::{greet, messaging, oauth, signature, subscribed};
use async_trait::async_trait;
use hub_domain::RemoteAccountId;
use hub_platform_kit::platform::{Parsed, Webhook};
use hub_platform_kit::webhook::{
    Callback, Greeting, Inquiry, Inspection, Keys, Previous, Refusal, Subscription, Verified, WebhookRequest,
};
use hub_platform_kit::{Grant, Result, Secret};

#[async_trait]
impl Webhook for Facebook {
    fn greet(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Option<Greeting>, Refusal> {
        greet::greet(request, self.settings.app.verify_token())
    }

    /// The header is a signature and shows no secret.
    fn shown_secret_digest(&self, _request: &WebhookRequest) -> Option<[u8; 32]> {
        None
    }

    fn verify(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Verified, Refusal> {
        signature::verify(request, self.settings.app.signing_secrets())
    }

    fn parse(&self, delivery: &Verified) -> Result<Vec<Parsed>> {
        Ok(match ReadBack::of(&delivery.body) {
            Some(page) => page.events(),
            None => messaging::delivery(&delivery.body, DIALECT),
        })
    }

    fn accepted(&self) -> (u16, &'static str) {
        (200, r#"{"ok":true}"#)
    }

    fn subscriber(&self, grant: &Grant) -> RemoteAccountId {
        grant.remote_id.clone()
    }

    async fn subscribe(&self, grant: &Grant, callback: &Callback) -> Result<Subscription> {
        let page = grant.remote_id.as_str();
        let call = self.graph.post(format!("{page}/subscribed_apps")).query("subscribed_fields", FIELDS_OF_DELIVERIES);
        call.token(grant.token()).account(page).done().await?;
        let app = &self.settings.app;
        oauth::subscribe_app(&self.graph, app, DIALECT.object, FIELDS_OF_DELIVERIES, callback.url.as_str()).await;
        Ok(Subscription { renew_at: None, remote_id: None, memory: serde_json::Value::Null })
    }

    async fn unsubscribe(&self, grant: &Grant, _previous: Option<&Previous>) -> Result<()> {
        let page = grant.remote_id.as_str();
        let call = self.graph.delete(format!("{page}/subscribed_apps")).token(grant.token()).account(page);
        call.done().await
    }

    /// The app's own address is the operator's matter: it may lead here by any way, so it is not judged.
    async fn inspect(&self, grant: &Grant, _inquiry: &Inquiry) -> Result<Inspection> {
        let page = grant.remote_id.as_str();
        let app = &self.settings.app;
        if let Some(lacks) = oauth::lacks(&self.graph, app, &grant.access_token, SCOPES, (PER_PAGE, page)).await? {
            return Ok(lacks);
        }
        subscribed::inspect(&self.graph, app, page, page, grant.token()).await
    }

    /// The app has one address for all pages, and Meta shows the operator's verify token there.
    fn fixed_callback_secret(&self, _grant: &Grant) -> Option<Secret> {
        self.settings.app.verify_token().map(|token| Secret::from(token.to_owned()))
    }
}
