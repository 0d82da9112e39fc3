//! The simulated platforms of the demo: who is there, and who writes.

use super::linkedin::{APPLICATION_ID, CLIENT_ID, LinkedIn};
use crate::config::{environment, random_hex};
use crate::platform_settings::Simulated;
use anyhow::Context;
use hub_platform_kit::Secret;
use hub_platforms::telegram_user::Seed;
use hub_simulators::facebook::{self, FacebookHandle, Page};
use hub_simulators::instagram::{self, InstagramHandle};
use hub_simulators::meta::{App, Asset, DialogMode, Meta, MetaOptions, User};
use hub_simulators::teams::{self, TeamsHandle, TeamsOptions};
use hub_simulators::telegram::{self, TelegramHandle, TelegramOptions};
use hub_simulators::telegram_user::{self, NewAccount, TelegramUserHandle, TelegramUserOptions};
use hub_simulators::twitter::{self, TwitterHandle, TwitterOptions};
use hub_simulators::whatsapp::{self, WhatsAppHandle, WhatsAppOptions};
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::Duration;

/// The demo's bot. It exists in the simulator only.
pub(super) const BOT: &str = "481516234:AAdemo-bot-of-the-simulator-only_000000";
const BOT_NAME: &str = "demo_shop_bot";
/// The demo's person at Meta, and what they may link.
const PERSON: &str = "100200300400500";
const PAGES: [(&str, &str); 2] = [("682498302938465", "Demo Shop"), ("682498302938466", "Demo Bakery")];
const INSTAGRAM_ACCOUNT: (&str, &str) = ("17841405822304914", "demo.shop");
const BUSINESS: (&str, &str) = ("102290129340398", "Demo Shop Ltd");
const NUMBERS: [(&str, &str, &str); 2] =
    [("106540352242922", "15550783881", "Demo Shop"), ("106540352242923", "15550783882", "Demo Bakery")];
/// The demo's account at X, and the app's client there.
const X_ACCOUNT: (&str, &str, &str) = ("4337869213", "demo_shop", "Demo Shop");
const X_CLIENT_ID: &str = "DemoClientIdOfTheSimulatorOnly";
/// The demo's person at Microsoft.
const COLLEAGUE: (&str, &str) = ("97f62344-57dc-409c-88ad-c4af14158ff5", "Dana Demo");
const TENANT: &str = "2432b57b-0abd-43db-aa7b-16eadd115d34";
const MICROSOFT_APP_ID: &str = "8e460676-ae3f-4b1e-8790-ee0fb5d6148f";
/// The demo's person at Telegram, and somebody who may be linked by hand: id, number, name. The code is always the same.
pub(super) const TELEGRAM_ACCOUNTS: [(i64, &str, &str); 2] =
    [(7_481_516_234, "4915550000001", "Dana"), (7_481_516_235, "4915550000002", "Dora")];
pub(super) const TELEGRAM_CODE: &str = "22222";
const TELEGRAM_API_ID: i32 = 481_516;
const APP_ID: &str = "1517776481860111";
const INSTAGRAM_APP_ID: &str = "990602627938098";
/// How often, and how many times, it is tried whether the hub can be called.
const DOOR_PAUSE: Duration = Duration::from_millis(100);
const DOOR_TRIES: u32 = 100;
/// Simulated people write this often on each platform.
const TRICKLE: Duration = Duration::from_secs(7);

/// The platforms. They end when dropped.
pub(super) struct Platforms {
    pub(super) telegram: TelegramHandle,
    pub(super) telegram_user: TelegramUserHandle,
    facebook: FacebookHandle,
    instagram: InstagramHandle,
    whatsapp: WhatsAppHandle,
    twitter: TwitterHandle,
    pub(super) linkedin: LinkedIn,
    teams: TeamsHandle,
    pub(super) simulated: Simulated,
}

impl Platforms {
    /// Starts them, each on a port of its own: `SIMULATOR_PORT` and the eight after it, or free ones.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let first: Option<u16> =
            environment("SIMULATOR_PORT").map(|port| port.parse()).transpose().context("SIMULATOR_PORT")?;
        let port = |number: u16| first.map_or(0, |first| first.saturating_add(number));
        let meta = |number: u16| MetaOptions { port: port(number), ..MetaOptions::default() };
        let failed = "a simulator cannot be started";
        let telegram = start_telegram(port(0)).await?;
        let facebook = facebook::start(meta(1)).await.context(failed)?;
        let instagram = instagram::start(meta(2)).await.context(failed)?;
        let options = WhatsAppOptions { meta: meta(3), ..WhatsAppOptions::default() };
        let whatsapp = whatsapp::start(options).await.context(failed)?;
        let options = TwitterOptions { port: port(4), own_pictures: true, ..TwitterOptions::default() };
        let twitter = twitter::start(options).await.context(failed)?;
        let app_secret = random_hex()?;
        let linkedin = LinkedIn::start(port(5), &app_secret).await?;
        let options = TeamsOptions { port: port(6), ..TeamsOptions::default() };
        let teams = teams::start(options).await.context(failed)?;
        let telegram_user = start_telegram_user(port(7), port(8)).await?;
        let seed = format!("{} {}", telegram_user.address(), telegram_user.control_url());
        let simulated = Simulated {
            telegram: telegram.base_url().to_owned(),
            telegram_user: Seed::read(&seed).context("the pretend Telegram has no address")?,
            telegram_api_id: TELEGRAM_API_ID,
            facebook: facebook.graph_base_url().to_owned(),
            instagram: instagram.graph_base_url().to_owned(),
            whatsapp: whatsapp.base_url().to_owned(),
            twitter: twitter.base_url().to_owned(),
            twitter_client_id: X_CLIENT_ID.to_owned(),
            twitter_bearer: Secret::from(twitter::App::new(X_CLIENT_ID, "", "").bearer),
            teams: teams.base_url().to_owned(),
            app_id: APP_ID.to_owned(),
            instagram_app_id: INSTAGRAM_APP_ID.to_owned(),
            microsoft_app_id: MICROSOFT_APP_ID.to_owned(),
            linkedin: linkedin.base_url().to_owned(),
            linkedin_client_id: CLIENT_ID.to_owned(),
            linkedin_application_id: APPLICATION_ID.to_owned(),
            app_secret,
            verify_token: random_hex()?,
        };
        let platforms =
            Self { telegram, telegram_user, facebook, instagram, whatsapp, twitter, linkedin, teams, simulated };
        platforms.populate();
        Ok(platforms)
    }

    fn populate(&self) {
        let secret = self.simulated.app_secret.expose_secret();
        let app = |id: &str| App { name: "messaging-hub (demo)".to_owned(), ..App::new(id, secret) };
        for meta in [self.facebook.meta(), self.whatsapp.meta()] {
            meta.create_app(app(APP_ID));
        }
        self.instagram.meta().create_app(app(INSTAGRAM_APP_ID));
        for (id, name) in PAGES {
            self.facebook.create_page(PERSON, Page::new(id, name));
        }
        self.instagram.create_account(INSTAGRAM_ACCOUNT.0, INSTAGRAM_ACCOUNT.1);
        self.whatsapp.add_account(BUSINESS.0, BUSINESS.1);
        let business = Asset { id: BUSINESS.0.to_owned(), name: BUSINESS.1.to_owned() };
        let owner = User { id: PERSON.to_owned(), name: "Dana Demo".to_owned(), assets: vec![business] };
        self.whatsapp.meta().create_user(owner);
        for (id, display, name) in NUMBERS {
            self.whatsapp.add_number(BUSINESS.0, id, display, name);
        }
        let consumer_secret = self.simulated.verify_token.expose_secret();
        self.twitter.create_app(twitter::App::new(X_CLIENT_ID, secret, consumer_secret));
        let (id, username, name) = X_ACCOUNT;
        self.twitter.put_user(twitter::User::new(id, username, name));
        self.teams.create_app(teams::App::new(MICROSOFT_APP_ID, secret));
        self.teams.put_user(teams::User::new(COLLEAGUE.0, TENANT, COLLEAGUE.1));
        let template =
            [("hello_world", "Hello {{1}}, your order is ready."), ("opening_hours", "We are open from 9 to 18.")];
        for (name, words) in template {
            let body = json!({"type": "BODY", "text": words});
            self.whatsapp.add_template(BUSINESS.0, name, "en_US", "UTILITY", &[body]);
        }
    }

    /// While the demo links its own accounts the consent pages answer by themselves; later they ask whoever comes.
    pub(super) fn consent(&self, by_itself: bool) {
        let mode = if by_itself { DialogMode::Accept } else { DialogMode::Ask };
        for meta in self.metas() {
            meta.dialog_mode(mode, None);
        }
        self.twitter
            .consent(if by_itself { twitter::Consent::Accept } else { twitter::Consent::Ask }, Some(X_ACCOUNT.0));
        self.linkedin.consent(by_itself);
        self.teams.consent(if by_itself { teams::Consent::Accept } else { teams::Consent::Ask }, Some(COLLEAGUE.0));
    }

    /// Waits until the hub can be called, does what an operator does on an app's dashboard (names the hub's address for
    /// Instagram; for the others the hub does it by itself), and lets people write.
    pub(super) async fn come_alive(&self, hub_url: &str) {
        let address = format!("{hub_url}/api/webhooks/instagram");
        let verify_token = self.simulated.verify_token.expose_secret();
        let fields = ["messages", "messaging_postbacks", "messaging_seen", "message_reactions", "message_edit"];
        let meta = self.instagram.meta();
        for _ in 0..DOOR_TRIES {
            if meta.subscribe_app(INSTAGRAM_APP_ID, "instagram", &address, verify_token, &fields).await.is_ok() {
                break;
            }
            tokio::time::sleep(DOOR_PAUSE).await;
        }
        self.trickle();
    }

    fn trickle(&self) {
        self.telegram.trickle(BOT, TRICKLE);
        self.telegram_user.trickle(TELEGRAM_ACCOUNTS[0].0, TRICKLE);
        self.facebook.inboxes().trickle(PAGES[0].0, TRICKLE);
        self.instagram.inboxes().trickle(INSTAGRAM_ACCOUNT.0, TRICKLE);
        self.whatsapp.trickle(NUMBERS[0].0, TRICKLE);
        self.twitter.trickle(X_ACCOUNT.0, TRICKLE);
        self.linkedin.trickle(TRICKLE);
        self.teams.trickle(COLLEAGUE.0, TRICKLE);
    }

    pub(super) async fn shutdown(&self) {
        self.telegram.shutdown().await;
        self.telegram_user.shutdown().await;
        self.facebook.shutdown().await;
        self.instagram.shutdown().await;
        self.whatsapp.shutdown().await;
        self.twitter.shutdown().await;
        self.linkedin.shutdown().await;
        self.teams.shutdown().await;
    }

    fn metas(&self) -> [&Meta; 3] {
        [self.facebook.meta(), self.instagram.meta(), self.whatsapp.meta()]
    }
}

/// Ids go on from one run to the next, as a platform's would: equal ids would be taken for repeats.
async fn start_telegram(port: u16) -> anyhow::Result<TelegramHandle> {
    #[expect(clippy::disallowed_methods, reason = "the simulator's clock, not the hub's")]
    let seconds = chrono::Utc::now().timestamp();
    let options = TelegramOptions {
        port,
        first_message_id: seconds % 1_000_000_000,
        first_update_id: seconds,
        ..TelegramOptions::default()
    };
    let platform = telegram::start(options).await.context("the simulator cannot be started")?;
    platform.create_bot(BOT, BOT_NAME);
    Ok(platform)
}

/// Ids and counters go on from one run to the next here as well.
async fn start_telegram_user(port: u16, control_port: u16) -> anyhow::Result<TelegramUserHandle> {
    /// Some years before anybody ran the demo, in seconds since 1970.
    const BEGINNING: i64 = 1_700_000_000;
    #[expect(clippy::disallowed_methods, reason = "the simulator's clock, not the hub's")]
    let seconds = i32::try_from(chrono::Utc::now().timestamp() - BEGINNING).context("the clock is wrong")?;
    let options = TelegramUserOptions {
        port,
        control_port,
        first_message_id: seconds,
        first_pts: seconds,
        ..TelegramUserOptions::default()
    };
    let platform = telegram_user::start(options).await.context("the simulator cannot be started")?;
    for (id, phone, name) in TELEGRAM_ACCOUNTS {
        platform.create_account(NewAccount { code: TELEGRAM_CODE.to_owned(), ..NewAccount::new(id, phone, name) });
    }
    Ok(platform)
}
