//! Meta calls us: one address for all accounts, whichever door they came through.

use super::connect::{PAGE_SCOPES, PER_PAGE};
use super::door::Door;
use super::{DIALECT, Instagram};
use crate::meta::messaging::threads::ReadBack;
use crate::meta::pages::FIELDS_OF_DELIVERIES;
use crate::meta::{App, greet, messaging, oauth, signature, subscribed};
use async_trait::async_trait;
use hub_domain::RemoteAccountId;
use hub_platform_kit::platform::{Parsed, Webhook};
use hub_platform_kit::webhook::{
    Callback, Greeting, Inquiry, Inspection, Keys, Previous, Refusal, Subscription, Verified, WebhookRequest,
};
use hub_platform_kit::{Grant, Result, Secret};

#[async_trait]
impl Webhook for Instagram {
    fn greet(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Option<Greeting>, Refusal> {
        greet::greet(request, self.settings.app.verify_token())
    }

    /// The header is a signature and shows no secret.
    fn shown_secret_digest(&self, _request: &WebhookRequest) -> Option<[u8; 32]> {
        None
    }

    fn verify(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Verified, Refusal> {
        signature::verify(request, self.settings.signing_secrets())
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
        let way = self.way(grant)?;
        let fields = match way.door {
            Door::Instagram => self.settings.fields.as_str(),
            Door::Page => FIELDS_OF_DELIVERIES,
        };
        let call = way.graph.post(format!("{}/subscribed_apps", way.owner)).query("subscribed_fields", fields);
        call.token(way.token).account(way.account).done().await?;
        // The address of an Instagram app is set in its dashboard; there is no call for it.
        if way.door == Door::Page {
            let app = App { verify_token: self.settings.app.verify_token.clone(), ..self.settings.page_app.clone() };
            let url = callback.url.as_str();
            oauth::subscribe_app(&self.page_graph, &app, DIALECT.object, &self.settings.fields, url).await;
        }
        Ok(Subscription { renew_at: None, remote_id: None, memory: serde_json::Value::Null })
    }

    /// A page's subscription may serve the page as an account of its own, so it stays. What it still brings is for nobody and
    /// is not kept; it ends with the permission.
    async fn unsubscribe(&self, grant: &Grant, _previous: Option<&Previous>) -> Result<()> {
        let way = self.way(grant)?;
        match way.door {
            Door::Instagram => {
                let call = way.graph.delete(format!("{}/subscribed_apps", way.owner));
                call.token(way.token).account(way.account).done().await
            }
            Door::Page => Ok(()),
        }
    }

    /// The app's own address is the operator's matter: it may lead here by any way, so it is not judged.
    async fn inspect(&self, grant: &Grant, _inquiry: &Inquiry) -> Result<Inspection> {
        let way = self.way(grant)?;
        let app = match way.door {
            // What its own sign-in allows cannot be asked for; what is not allowed any more is refused below.
            Door::Instagram => &self.settings.app,
            Door::Page => {
                let app = &self.settings.page_app;
                let per_page = (PER_PAGE, way.owner);
                if let Some(lacks) = oauth::lacks(way.graph, app, &grant.access_token, PAGE_SCOPES, per_page).await? {
                    return Ok(lacks);
                }
                app
            }
        };
        subscribed::inspect(way.graph, app, way.owner, way.account, way.token).await
    }

    /// The app has one address for all accounts, and Meta shows the operator's verify token there.
    fn fixed_callback_secret(&self, _grant: &Grant) -> Option<Secret> {
        self.settings.app.verify_token().map(|token| Secret::from(token.to_owned()))
    }
}
