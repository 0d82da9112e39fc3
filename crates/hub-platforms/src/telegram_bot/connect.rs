//! Linking: the log-in widget proves a person, a token proves a bot.

use super::{BOT_TOKEN, LOGIN_WIDGET, TelegramBot, api};
use async_trait::async_trait;
use aws_lc_rs::{digest, hmac};
use hub_domain::RemoteAccountId;
use hub_domain::connect::{Answers, Field, LinkedIdentity, Step};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{Connect, ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result, Secret};
use serde_json::Value;
use url::Url;

/// Age in seconds from which a widget's answer counts no more.
const MAX_LOGIN_AGE_S: i64 = 86_400;
/// How far ahead of ours Telegram's clock may be, in seconds.
const MAX_CLOCK_SKEW_S: i64 = 60;
/// Hexadecimal digits of a hash.
const HASH_DIGITS: usize = 64;
/// Answer field with the bot's token.
const TOKEN_FIELD: &str = "token";

#[async_trait]
impl Connect for TelegramBot {
    async fn begin(&self, context: &ConnectContext) -> Result<Progress> {
        let step = match context.method.as_str() {
            LOGIN_WIDGET => Step::Redirect { url: self.widget_page(context).await? },
            BOT_TOKEN => ask_for_token(),
            _ => return Err(PlatformError::unsupported("this way of linking")),
        };
        Ok(Progress::Next { step, memory: Value::Null })
    }

    async fn resume(&self, context: &ConnectContext, _memory: &Value, answers: &Answers) -> Result<Progress> {
        match context.method.as_str() {
            LOGIN_WIDGET => self.link_person(context, answers),
            BOT_TOKEN => self.link_bot(answers).await,
            _ => Err(PlatformError::unsupported("this way of linking")),
        }
    }

    async fn refresh(&self, _grant: &Grant) -> Result<Tokens> {
        Err(PlatformError::unsupported("renewing tokens"))
    }

    /// A bot's token is taken back by its owner at Telegram only.
    async fn revoke(&self, _grant: &Grant) -> Result<()> {
        Err(PlatformError::unsupported("taking a token back"))
    }
}

impl TelegramBot {
    /// The front end's page that shows the widget; Telegram has no page of its own for it.
    async fn widget_page(&self, context: &ConnectContext) -> Result<String> {
        let token = self.widget_token()?;
        let frontend = context.frontend_url.as_deref().ok_or_else(|| misconfigured("FRONTEND_URL is not set"))?;
        // A front end on the hub's own origin reaches the callback there.
        let redirect = context.redirect_uri.clone();
        let redirect = redirect.unwrap_or_else(|| format!("{frontend}{}", self.card.callback_path));
        let username = match self.settings.username() {
            Some(name) => name.to_owned(),
            None => self.api.get_me(token).await.map_err(operators_token)?.username.unwrap_or_default(),
        };
        let mut url = Url::parse(&format!("{frontend}/auth/telegram"))
            .map_err(|_| misconfigured("FRONTEND_URL is not an address"))?;
        url.query_pairs_mut()
            .append_pair("state", &context.state)
            .append_pair("bot", &username)
            .append_pair("redirect", &redirect);
        Ok(url.into())
    }

    fn widget_token(&self) -> Result<&str> {
        self.settings.token().ok_or_else(|| misconfigured("TELEGRAM_BOT_TOKEN is not set"))
    }

    fn link_person(&self, context: &ConnectContext, answers: &Answers) -> Result<Progress> {
        let token = self.widget_token()?;
        check_widget(token, answers, context.now.timestamp())?;
        let field = |name: &str| answers.get(name).map(String::as_str).filter(|text| !text.is_empty());
        let id = field("id").filter(|id| id.bytes().all(|b| b.is_ascii_digit())).ok_or_else(not_proven)?;
        let username = field("username").or_else(|| field("first_name")).unwrap_or("Telegram User");
        Ok(Progress::Linked {
            identity: LinkedIdentity {
                remote_id: RemoteAccountId::from(id),
                username: Some(username.to_owned()),
                ..LinkedIdentity::default()
            },
            tokens: lasting(token),
            proof: answers.get("hash").map(|hash| hash.to_ascii_lowercase()),
        })
    }

    async fn link_bot(&self, answers: &Answers) -> Result<Progress> {
        let token = answers.get(TOKEN_FIELD).map(|token| token.trim()).unwrap_or_default();
        if !api::valid_token(token) {
            return Err(PlatformError::bad_input(
                "That does not look like a bot token. It has the form 123456:ABC-DEF.",
            ));
        }
        let bot = self.api.get_me(token).await.map_err(|error| match error.kind {
            ErrorKind::ReauthRequired => PlatformError::bad_input("Telegram does not accept this token."),
            _ => error,
        })?;
        let id = bot.id.to_string();
        if !bot.is_bot || api::bot_id(token) != Some(id.as_str()) {
            return Err(PlatformError::new(ErrorKind::UnexpectedReply, "the token belongs to somebody else"));
        }
        Ok(Progress::Linked {
            identity: LinkedIdentity {
                remote_id: RemoteAccountId::new(id),
                username: bot.username.or(bot.first_name),
                ..LinkedIdentity::default()
            },
            tokens: lasting(token),
            proof: None,
        })
    }
}

fn ask_for_token() -> Step {
    Step::Ask {
        title: "Link a Telegram bot".to_owned(),
        fields: vec![Field {
            name: TOKEN_FIELD.to_owned(),
            label: "Bot token".to_owned(),
            help: Some("@BotFather shows it after /newbot or /token.".to_owned()),
            secret: true,
        }],
    }
}

/// Checks what the widget handed over: every field but `hash` and the hub's own `state` is covered by the hash.
fn check_widget(token: &str, answers: &Answers, now_s: i64) -> Result<()> {
    let hash = answers.get("hash").filter(|hash| hash.len() == HASH_DIGITS).ok_or_else(not_proven)?;
    let hash = hex::decode(hash).map_err(|_| not_proven())?;
    let covered: Vec<String> = answers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "hash" | "state"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let secret = digest::digest(&digest::SHA256, token.as_bytes());
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref());
    hmac::verify(&key, covered.join("\n").as_bytes(), &hash).map_err(|_| not_proven())?;

    let signed_at: i64 = answers.get("auth_date").and_then(|at| at.parse().ok()).ok_or_else(not_proven)?;
    let age = now_s.saturating_sub(signed_at);
    if (-MAX_CLOCK_SKEW_S..MAX_LOGIN_AGE_S).contains(&age) {
        Ok(())
    } else {
        Err(PlatformError::bad_input("This sign-in is too old. Please sign in again."))
    }
}

fn not_proven() -> PlatformError {
    PlatformError::bad_input("Telegram's proof of the sign-in is not valid.")
}

fn misconfigured(what: &str) -> PlatformError {
    PlatformError::new(ErrorKind::Misconfigured, what)
}

/// The operator's own token is refused: that is no account of a person.
fn operators_token(error: PlatformError) -> PlatformError {
    match error.kind {
        ErrorKind::ReauthRequired => misconfigured("Telegram does not accept TELEGRAM_BOT_TOKEN"),
        _ => error,
    }
}

/// Bot tokens do not end by themselves.
fn lasting(token: &str) -> Tokens {
    Tokens { access: Secret::from(token.to_owned()), refresh: None, expires_at: None }
}
