//! The platforms' own settings. The one place outside their folders that names them, because the environment names are
//! given.

mod linkedin;
mod teams;
mod twitter;

use confique::Config;
use hub_platform_kit::Secret;
use hub_platform_kit::fetch::is_loopback;
use hub_platforms::{PlatformSettings, facebook, instagram, meta, telegram_bot, telegram_user, whatsapp};
use secrecy::ExposeSecret;
use url::Url;

/// Settings of all platforms.
#[derive(Config)]
pub(crate) struct Platforms {
    #[config(nested)]
    telegram: Telegram,
    #[config(nested)]
    meta: Meta,
    #[config(nested)]
    facebook: Facebook,
    #[config(nested)]
    instagram: Instagram,
    #[config(nested)]
    linkedin: linkedin::LinkedIn,
    #[config(nested)]
    whatsapp: WhatsApp,
    #[config(nested)]
    twitter: twitter::Twitter,
    #[config(nested)]
    teams: teams::Teams,
}

/// Telegram: bots, the log-in widget, and accounts of people.
#[derive(Config)]
pub(crate) struct Telegram {
    /// The bot of the log-in widget and of the originals' webhook. Bots that people link need no setting.
    #[config(env = "TELEGRAM_BOT_TOKEN")]
    bot_token: Option<Secret>,
    /// Name of that bot, without `@`.
    #[config(env = "TELEGRAM_BOT_USERNAME")]
    bot_username: Option<String>,
    /// Secret of that bot's webhook at the shared address `/api/webhooks/telegram`.
    #[config(env = "TELEGRAM_WEBHOOK_SECRET")]
    webhook_secret: Option<Secret>,
    /// Address of the Bot API; another one for a server of your own.
    #[config(env = "TELEGRAM_API_BASE_URL", default = "https://api.telegram.org")]
    api_base_url: String,
    /// Number of the application that accounts of people are used with, from my.telegram.org.
    #[config(env = "TELEGRAM_API_ID")]
    api_id: Option<i32>,
    /// Its secret.
    #[config(env = "TELEGRAM_API_HASH")]
    api_hash: Option<Secret>,
}

/// What Facebook pages, Instagram and WhatsApp share.
#[derive(Config)]
pub(crate) struct Meta {
    /// Further app secrets that may sign deliveries, separated by commas: an old one while it is replaced.
    #[config(env = "META_APP_SECRETS_OLD")]
    app_secrets_old: Option<Secret>,
    /// Version of the Graph API.
    #[config(env = "META_GRAPH_VERSION", default = "v25.0")]
    graph_version: String,
}

/// Facebook pages. The app also serves WhatsApp, and Instagram accounts behind a page.
#[derive(Config)]
pub(crate) struct Facebook {
    /// Id of the app at Meta.
    #[config(env = "FACEBOOK_APP_ID")]
    app_id: Option<String>,
    /// Its secret: proves calls and signs deliveries.
    #[config(env = "FACEBOOK_APP_SECRET")]
    app_secret: Option<Secret>,
    /// What Meta shows when it checks `/api/webhooks/facebook`; made up by you.
    #[config(env = "FACEBOOK_VERIFY_TOKEN")]
    verify_token: Option<Secret>,
    /// Address of the Graph API.
    #[config(env = "FACEBOOK_GRAPH_BASE_URL", default = "https://graph.facebook.com")]
    graph_base_url: String,
    /// Address of the sign-in dialog.
    #[config(env = "FACEBOOK_DIALOG_BASE_URL", default = "https://www.facebook.com")]
    dialog_base_url: String,
}

/// Instagram: accounts that sign in with Instagram; those behind a page use Facebook's app.
#[derive(Config)]
pub(crate) struct Instagram {
    /// The app's Instagram id.
    #[config(env = "INSTAGRAM_APP_ID")]
    app_id: Option<String>,
    /// The app's Instagram secret.
    #[config(env = "INSTAGRAM_APP_SECRET")]
    app_secret: Option<Secret>,
    /// What Meta shows when it checks `/api/webhooks/instagram`; made up by you.
    #[config(env = "INSTAGRAM_VERIFY_TOKEN")]
    verify_token: Option<Secret>,
    /// Events that are subscribed to, separated by commas; the publisher's own pages differ about their names.
    #[config(
        env = "INSTAGRAM_WEBHOOK_FIELDS",
        default = "messages,messaging_postbacks,messaging_seen,message_reactions,messaging_referral,messaging_handover,message_edit,standby"
    )]
    fields: String,
    /// Address of the Graph API of Instagram.
    #[config(env = "INSTAGRAM_GRAPH_BASE_URL", default = "https://graph.instagram.com")]
    graph_base_url: String,
    /// Address where codes are exchanged.
    #[config(env = "INSTAGRAM_API_BASE_URL", default = "https://api.instagram.com")]
    api_base_url: String,
    /// Address of the sign-in dialog.
    #[config(env = "INSTAGRAM_DIALOG_BASE_URL", default = "https://www.instagram.com")]
    dialog_base_url: String,
}

/// WhatsApp Cloud API.
#[derive(Config)]
pub(crate) struct WhatsApp {
    /// What Meta shows when it checks `/api/webhooks/whatsapp`; made up by you.
    #[config(env = "WHATSAPP_VERIFY_TOKEN")]
    verify_token: Option<Secret>,
    /// A configuration of Facebook Login for Business; asked for instead of permissions.
    #[config(env = "WHATSAPP_CONFIG_ID")]
    config_id: Option<String>,
    /// Token of your own system user.
    #[config(env = "WHATSAPP_ACCESS_TOKEN")]
    access_token: Option<Secret>,
    /// Your own number.
    #[config(env = "WHATSAPP_PHONE_NUMBER_ID")]
    phone_number_id: Option<String>,
    /// The business account of that number.
    #[config(env = "WHATSAPP_BUSINESS_ACCOUNT_ID")]
    business_account_id: Option<String>,
    /// Address of the Graph API.
    #[config(env = "WHATSAPP_GRAPH_BASE_URL", default = "https://graph.facebook.com")]
    graph_base_url: String,
    /// Address of the sign-in dialog.
    #[config(env = "WHATSAPP_DIALOG_BASE_URL", default = "https://www.facebook.com")]
    dialog_base_url: String,
}

/// What the demo's platforms are to be.
#[cfg(feature = "demo")]
pub(crate) struct Simulated {
    pub(crate) telegram: String,
    pub(crate) telegram_user: telegram_user::Seed,
    pub(crate) telegram_api_id: i32,
    pub(crate) facebook: String,
    pub(crate) instagram: String,
    pub(crate) whatsapp: String,
    pub(crate) twitter: String,
    pub(crate) twitter_client_id: String,
    pub(crate) twitter_bearer: Secret,
    pub(crate) linkedin: String,
    pub(crate) linkedin_client_id: String,
    pub(crate) linkedin_application_id: String,
    pub(crate) teams: String,
    pub(crate) app_id: String,
    pub(crate) instagram_app_id: String,
    pub(crate) microsoft_app_id: String,
    pub(crate) app_secret: Secret,
    pub(crate) verify_token: Secret,
}

impl Platforms {
    /// Points the platforms at simulators.
    #[cfg(feature = "demo")]
    pub(crate) fn use_simulators(&mut self, demo: &Simulated) {
        self.telegram.api_base_url.clone_from(&demo.telegram);
        self.telegram.api_id = Some(demo.telegram_api_id);
        self.telegram.api_hash = Some(demo.app_secret.clone());
        self.facebook.app_id = Some(demo.app_id.clone());
        self.facebook.app_secret = Some(demo.app_secret.clone());
        self.facebook.verify_token = Some(demo.verify_token.clone());
        self.facebook.graph_base_url.clone_from(&demo.facebook);
        self.facebook.dialog_base_url.clone_from(&demo.facebook);
        self.instagram.app_id = Some(demo.instagram_app_id.clone());
        self.instagram.app_secret = Some(demo.app_secret.clone());
        self.instagram.verify_token = Some(demo.verify_token.clone());
        self.instagram.graph_base_url.clone_from(&demo.instagram);
        self.instagram.api_base_url.clone_from(&demo.instagram);
        self.instagram.dialog_base_url.clone_from(&demo.instagram);
        self.whatsapp.verify_token = Some(demo.verify_token.clone());
        self.whatsapp.graph_base_url.clone_from(&demo.whatsapp);
        self.whatsapp.dialog_base_url.clone_from(&demo.whatsapp);
        self.twitter.use_simulator(demo);
        self.linkedin.use_simulator(demo);
        self.teams.use_simulator(demo);
    }

    /// As the platforms take them. In production files are fetched from public addresses only.
    pub(crate) fn settings(&self, production: bool) -> PlatformSettings {
        let Self { telegram, facebook, instagram, linkedin, whatsapp, twitter, teams, .. } = self;
        let app = |verify_token: &Option<Secret>, graph: &str, dialog: &str| meta::App {
            id: facebook.app_id.clone(),
            secret: facebook.app_secret.clone(),
            further_secrets: listed(self.meta.app_secrets_old.as_ref()),
            verify_token: verify_token.clone(),
            graph_base_url: without_slash(graph),
            dialog_base_url: without_slash(dialog),
            graph_version: self.meta.graph_version.clone(),
            loopback_media: !production && is_here(graph),
        };
        let facebook_app = app(&facebook.verify_token, &facebook.graph_base_url, &facebook.dialog_base_url);
        PlatformSettings {
            telegram_bot: telegram_bot::Settings {
                api_base_url: without_slash(&telegram.api_base_url),
                bot_token: telegram.bot_token.clone(),
                bot_username: telegram.bot_username.clone(),
                webhook_secret: telegram.webhook_secret.clone(),
            },
            telegram_user: telegram_user::Settings::new(telegram.api_id, telegram.api_hash.clone()),
            instagram: instagram::Settings {
                app: meta::App {
                    id: instagram.app_id.clone(),
                    secret: instagram.app_secret.clone(),
                    verify_token: instagram.verify_token.clone(),
                    graph_base_url: without_slash(&instagram.graph_base_url),
                    dialog_base_url: without_slash(&instagram.dialog_base_url),
                    loopback_media: !production && is_here(&instagram.graph_base_url),
                    ..facebook_app.clone()
                },
                token_base_url: without_slash(&instagram.api_base_url),
                fields: instagram.fields.clone(),
                page_app: facebook_app.clone(),
            },
            facebook: facebook::Settings { app: facebook_app },
            linkedin: linkedin.settings(production),
            whatsapp: whatsapp::Settings {
                app: app(&whatsapp.verify_token, &whatsapp.graph_base_url, &whatsapp.dialog_base_url),
                config_id: whatsapp.config_id.clone(),
                access_token: whatsapp.access_token.clone(),
                phone_number_id: whatsapp.phone_number_id.clone(),
                business_account_id: whatsapp.business_account_id.clone(),
            },
            twitter: twitter.settings(production),
            teams: teams.settings(production),
        }
    }
}

/// Secrets separated by commas.
fn listed(list: Option<&Secret>) -> Vec<Secret> {
    let list = list.map(ExposeSecret::expose_secret).unwrap_or_default();
    list.split(',').map(str::trim).filter(|one| !one.is_empty()).map(|one| Secret::from(one.to_owned())).collect()
}

fn without_slash(address: &str) -> String {
    address.trim_end_matches('/').to_owned()
}

/// True for an address of this machine: a simulator, whose files lie here as well.
fn is_here(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| is_loopback(&url))
}
