//! The demo's LinkedIn: one page with a post that people comment on.

use anyhow::Context;
use hub_platform_kit::Secret;
use hub_simulators::linkedin::{self, App, DialogMode, LinkedInHandle, LinkedInOptions, Member, Organization};
use secrecy::ExposeSecret;
use std::time::Duration;

/// The app, and its number. They exist in the simulator only.
pub(crate) const CLIENT_ID: &str = "77democlientid";
pub(crate) const APPLICATION_ID: &str = "481516";
/// Who signs in, and the pages they administer.
const PERSON: &str = "DemoAdm1n0";
const PAGES: [(&str, &str); 2] = [("2414183", "Demo Shop"), ("2414184", "Demo Bakery")];

/// The platform. It ends when dropped.
pub(super) struct LinkedIn(LinkedInHandle);

impl LinkedIn {
    pub(super) async fn start(port: u16, secret: &Secret) -> anyhow::Result<Self> {
        let options = LinkedInOptions { port, ..LinkedInOptions::default() };
        let platform = linkedin::start(options).await.context("a simulator cannot be started")?;
        let app = App { id: APPLICATION_ID.to_owned(), ..App::new(CLIENT_ID, secret.expose_secret()) };
        platform.create_app(App { name: "messaging-hub (demo)".to_owned(), ..app });
        platform.create_member(Member::new(PERSON, "Dana", "Demo"));
        for (id, name) in PAGES {
            platform.create_organization(Organization::new(id, name));
            platform.set_role(PERSON, id, "ADMINISTRATOR", "APPROVED");
        }
        platform.post(PAGES[0].0, "Our spring release is out");
        Ok(Self(platform))
    }

    pub(super) fn base_url(&self) -> &str {
        self.0.base_url()
    }

    /// The consent page answers by itself, or asks whoever comes.
    pub(super) fn consent(&self, by_itself: bool) {
        let mode = if by_itself { DialogMode::Accept } else { DialogMode::Ask };
        self.0.dialog_mode(mode, Some(PERSON));
    }

    /// What an operator does on the app's page: the hub's address is known before a page is linked.
    pub(super) fn is_told_of(&self, hub_url: &str) {
        self.0.knows_webhook(CLIENT_ID, &format!("{hub_url}/api/webhooks/linkedin"));
    }

    pub(super) fn trickle(&self, every: Duration) {
        self.0.trickle(PAGES[0].0, every);
    }

    pub(super) async fn shutdown(&self) {
        self.0.shutdown().await;
    }
}
