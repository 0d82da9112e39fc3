//! The hub with simulated platforms beside it: to be tried without any account anywhere.

use super::{say, serve};
use crate::config::{Config, environment, random_hex, write_private};
use anyhow::{Context, bail};
use hub_app::accounts::{self, BeginConnect};
use hub_app::auth::{self, Credentials};
use hub_app::{App, AppError, Caller};
use hub_domain::connect::Answers;
use hub_platform_kit::Secret;
use hub_simulators::telegram::{self, TelegramHandle, TelegramOptions};
use secrecy::ExposeSecret;
use std::path::Path;
use std::time::Duration;

/// The demo's user.
const EMAIL: &str = "demo@example.com";
/// The demo's bot. It exists in the simulator only.
const BOT: &str = "481516234:AAdemo-bot-of-the-simulator-only_000000";
const BOT_NAME: &str = "demo_shop_bot";
/// A simulated person writes this often.
const TRICKLE: Duration = Duration::from_secs(5);
/// Where the demo's password is kept, in the data folder.
const FILE: &str = "demo.env";

pub(crate) async fn run() -> anyhow::Result<()> {
    let platform = start_platform().await?;
    let mut config = Config::load()?;
    let listener = serve::listen(&config).await?;
    let hub_url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    config.use_simulators(platform.base_url(), &hub_url);
    let stop = serve::stop_on_signal()?;
    let app = crate::house::build(&config, &stop).await?;

    let password = demo_password(&config)?;
    let caller = demo_user(&app, &password).await?;
    link_bot(&app, &caller).await?;
    platform.trickle(BOT, TRICKLE);
    let file = config.data_dir().join(FILE);
    let simulator = platform.base_url();
    let lines = format!(
        "HUB_URL={hub_url}\nHUB_DEMO_EMAIL={EMAIL}\nHUB_DEMO_PASSWORD={}\nTELEGRAM_SIMULATOR_URL={simulator}\nTELEGRAM_BOT_TOKEN={BOT}\n",
        password.expose_secret()
    );
    write_private(&file, &lines)?;
    say(&format!("Simulated people write to {BOT_NAME} every {} s.", TRICKLE.as_secs()))?;
    say(&format!("Sign in as {EMAIL}; the password is in {}: . {0}", file.display()))?;
    serve::open(&config, app, listener, stop).await?;
    platform.shutdown().await;
    Ok(())
}

/// Ids go on from one run to the next, as a platform's would: equal ids would be taken for repeats.
async fn start_platform() -> anyhow::Result<TelegramHandle> {
    #[expect(clippy::disallowed_methods, reason = "the simulator's clock, not the hub's")]
    let seconds = chrono::Utc::now().timestamp();
    let port = environment("SIMULATOR_PORT").map(|port| port.parse()).transpose().context("SIMULATOR_PORT")?;
    let options = TelegramOptions {
        port: port.unwrap_or(0),
        first_message_id: seconds % 1_000_000_000,
        first_update_id: seconds,
        ..TelegramOptions::default()
    };
    let platform = telegram::start(options).await.context("the simulator cannot be started")?;
    platform.create_bot(BOT, BOT_NAME);
    Ok(platform)
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

async fn link_bot(app: &App, caller: &Caller) -> anyhow::Result<()> {
    let answers = Answers::from([("token".to_owned(), BOT.to_owned())]);
    let input = BeginConnect {
        platform: "telegram".to_owned(),
        method: Some("bot_token".to_owned()),
        answers: Some(answers),
        browser: None,
    };
    accounts::begin_connect(app, caller, input).await.context("the demo's bot cannot be linked")?;
    Ok(())
}
