//! The hub with simulated platforms beside it: to be tried without any account anywhere.

mod linkedin;
mod platforms;

use super::{say, serve};
use crate::config::{Config, random_hex, write_private};
use anyhow::{Context, bail};
use hub_app::accounts::{self, Arrival, BeginConnect, ConnectProgress, Connecting, ResumeConnect};
use hub_app::auth::{self, Credentials};
use hub_app::{App, AppError, Caller, admin};
use hub_domain::connect::{Answers, Step};
use hub_platform_kit::Secret;
use hub_platform_kit::transport::Transport;
use platforms::{BOT, Platforms, TELEGRAM_ACCOUNTS, TELEGRAM_CODE};
use secrecy::ExposeSecret;
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// The demo's user.
const EMAIL: &str = "demo@example.com";
/// Where the demo's password is kept, in the data folder.
const FILE: &str = "demo.env";
/// Largest answer of a consent page, in bytes.
const MAX_PAGE_BYTES: u64 = 1024 * 1024;

pub(crate) async fn run() -> anyhow::Result<()> {
    let platforms = Arc::new(Platforms::start().await?);
    let mut config = Config::load()?;
    let listener = serve::listen(&config).await?;
    let hub_url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    config.use_simulators(&platforms.simulated, &hub_url);
    platforms.linkedin.is_told_of(&hub_url);
    let stop = serve::stop_on_signal()?;
    let app = crate::house::build(&config, &stop).await?;

    let password = demo_password(&config)?;
    let caller = demo_user(&app, &password).await?;
    // Whoever tries the demo may look at all of it.
    admin::grant_admin_by_operator(&app, EMAIL).await?;
    let answer = |field: &str, text: &str| Answers::from([(field.to_owned(), text.to_owned())]);
    link(&app, &caller, "telegram", Some("bot_token"), vec![answer("token", BOT)]).await?;
    let signing_in = vec![answer("phone", TELEGRAM_ACCOUNTS[0].1), answer("code", TELEGRAM_CODE)];
    link(&app, &caller, "telegram", Some("phone"), signing_in).await?;
    platforms.consent(true);
    for platform in ["facebook", "instagram", "whatsapp", "twitter", "linkedin", "teams"] {
        link(&app, &caller, platform, None, Vec::new()).await?;
    }
    platforms.consent(false);
    let (alive, url) = (platforms.clone(), hub_url.clone());
    tokio::spawn(async move { alive.come_alive(&url).await });
    let simulated = &platforms.simulated;
    let lines = format!(
        "HUB_URL={hub_url}\nHUB_DEMO_EMAIL={EMAIL}\nHUB_DEMO_PASSWORD={}\nTELEGRAM_SIMULATOR_URL={}\nTELEGRAM_BOT_TOKEN={BOT}\n\
         TELEGRAM_USER_SIMULATOR_URL={}\n\
         FACEBOOK_SIMULATOR_URL={}\nINSTAGRAM_SIMULATOR_URL={}\nWHATSAPP_SIMULATOR_URL={}\n\
         TWITTER_SIMULATOR_URL={}\nLINKEDIN_SIMULATOR_URL={}\nTEAMS_SIMULATOR_URL={}\n",
        password.expose_secret(),
        simulated.telegram,
        platforms.telegram_user.control_url(),
        simulated.facebook,
        simulated.instagram,
        simulated.whatsapp,
        simulated.twitter,
        simulated.linkedin,
        simulated.teams,
    );
    let file = config.data_dir().join(FILE);
    write_private(&file, &lines)?;
    say("Simulated people write on Telegram, X, Facebook, Instagram, WhatsApp, LinkedIn and Teams every few seconds.")?;
    say(&format!("Sign in as {EMAIL}; the password is in {}: . {0}", file.display()))?;
    say(&format!("Everything is looked after at {hub_url}/admin"))?;
    say(&format!(
        "Link more at {hub_url}/connect; a person at Telegram is +{}, with the code {TELEGRAM_CODE}",
        TELEGRAM_ACCOUNTS[1].1
    ))?;
    serve::open(&config, app, listener, stop).await?;
    platforms.shutdown().await;
    Ok(())
}

/// The password of an earlier run, or a new one.
fn demo_password(config: &Config) -> anyhow::Result<Secret> {
    let known = std::fs::read_to_string(config.data_dir().join(FILE)).unwrap_or_default();
    let known = known.lines().find_map(|line| line.strip_prefix("HUB_DEMO_PASSWORD=")).map(str::to_owned);
    match known {
        Some(password) => Ok(Secret::from(password)),
        None => random_hex(),
    }
}

async fn demo_user(app: &App, password: &Secret) -> anyhow::Result<Caller> {
    match auth::create_user(app, EMAIL, password, None).await {
        Ok(_) | Err(AppError::EmailTaken) => {}
        Err(error) => return Err(error.into()),
    }
    let credentials = Credentials { email: EMAIL.to_owned(), password: password.clone(), address: None };
    let session = match auth::login(app, credentials).await {
        Ok(session) => session,
        Err(AppError::BadCredentials) => {
            let folder = Path::new(FILE).display();
            bail!(
                "{EMAIL} exists here with another password, and {folder} in the data folder is gone; use another data folder"
            );
        }
        Err(error) => return Err(error.into()),
    };
    auth::authenticate(app, &session.access_token).map_err(|_| anyhow::anyhow!("the demo's own token is not accepted"))
}

/// Links an account as a person would: through forms with these answers or the consent page, and the first of what there is to choose
/// from.
async fn link(
    app: &App,
    caller: &Caller,
    platform: &str,
    method: Option<&str>,
    answers: Vec<Answers>,
) -> anyhow::Result<()> {
    let method = method.map(str::to_owned);
    let mut forms = answers.into_iter();
    let input =
        BeginConnect { platform: platform.to_owned(), method, answers: forms.next(), ..BeginConnect::default() };
    let failed = || format!("the demo's account on {platform} cannot be linked");
    let mut connecting = accounts::begin_connect(app, caller, input).await.with_context(failed)?;
    loop {
        let Connecting { state, progress } = connecting;
        let answers = match progress {
            ConnectProgress::Linked(_) => return Ok(()),
            ConnectProgress::Step(Step::Redirect { url }) => consent(&url).await?,
            ConnectProgress::Step(Step::Choose { options, .. }) => {
                let first = options.into_iter().next().with_context(failed)?;
                Answers::from([("choice".to_owned(), first.id)])
            }
            ConnectProgress::Step(Step::Ask { .. }) => forms.next().with_context(failed)?,
            ConnectProgress::Page { .. } => bail!(failed()),
        };
        let arrival = Arrival::Program;
        let platform = platform.to_owned();
        let caller = Some(caller.clone());
        let input = ResumeConnect { platform, state, caller, browser: None, arrival, answers };
        connecting = accounts::resume_connect(app, input).await.with_context(failed)?;
    }
}

/// Opens a consent page that agrees by itself, and reads what it sends back.
async fn consent(url: &str) -> anyhow::Result<Answers> {
    let transport = Transport::new()?;
    let answer = transport.call(transport.request(reqwest::Method::GET, url), MAX_PAGE_BYTES).await?;
    let back = answer.header("location").context("the consent page did not lead back")?;
    Ok(Url::parse(back)?.query_pairs().into_owned().collect())
}
