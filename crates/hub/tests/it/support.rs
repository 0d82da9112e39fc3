//! A hub process with a simulated platform beside it.

use hub_simulators::telegram;
use hub_testkit::{Client, Database, HubProcess, free_port};
use serde_json::{Value, json};
use std::path::Path;

/// The bot of the tests. The number is its id.
pub(crate) const BOT_TOKEN: &str = "481000001:AAtests-only-token-of-nobody_000000000";
/// The secret of the shared webhook address.
pub(crate) const SECRET: &str = "a-secret-for-tests-only-0123456789";

/// A hub and the platform it talks to.
pub(crate) struct Hub {
    pub(crate) process: HubProcess,
    pub(crate) platform: telegram::TelegramHandle,
}

impl Hub {
    /// Starts both on `database`.
    pub(crate) async fn start(database: &Database) -> Self {
        Self::start_with(database, &[]).await
    }

    /// The same with further settings.
    pub(crate) async fn start_with(database: &Database, further: &[(&str, &str)]) -> Self {
        let platform = telegram::start(telegram::TelegramOptions::default()).await.expect("the simulator starts");
        platform.create_bot(BOT_TOKEN, "tests_bot");
        let process = Self::spawn(&platform, database, further).await;
        Self { process, platform }
    }

    /// Starts the hub again beside the same platform.
    pub(crate) async fn again(self, database: &Database) -> Self {
        let process = Self::spawn(&self.platform, database, &[]).await;
        Self { process, platform: self.platform }
    }

    async fn spawn(platform: &telegram::TelegramHandle, database: &Database, further: &[(&str, &str)]) -> HubProcess {
        let data = database.folder.path().display().to_string();
        let mut settings = vec![
            ("HUB_DATA_DIR", data.as_str()),
            ("DATABASE_URL", database.url.as_str()),
            ("TELEGRAM_API_BASE_URL", platform.base_url()),
            ("TELEGRAM_BOT_TOKEN", BOT_TOKEN),
            ("TELEGRAM_WEBHOOK_SECRET", SECRET),
            // A public address that nobody calls: the tests deliver themselves.
            ("WEBHOOK_BASE_URL", "http://127.0.0.1:9"),
            ("AUTH_LIMIT_PER_MINUTE", "1000"),
            ("RATE_LIMIT_PER_MINUTE", "100000"),
        ];
        settings.extend_from_slice(further);
        HubProcess::start(Path::new(env!("CARGO_BIN_EXE_hub")), &settings).await
    }

    /// Starts a hub that the platform can call.
    pub(crate) async fn start_public(database: &Database) -> Self {
        Self::start_public_with(database, &[]).await
    }

    /// The same with further settings.
    pub(crate) async fn start_public_with(database: &Database, further: &[(&str, &str)]) -> Self {
        let port = free_port();
        let (base, port) = (format!("http://127.0.0.1:{port}"), port.to_string());
        let mut settings =
            vec![("PORT", port.as_str()), ("WEBHOOK_BASE_URL", base.as_str()), ("TELEGRAM_BOT_TOKEN", "")];
        settings.extend_from_slice(further);
        Self::start_with(database, &settings).await
    }

    /// Delivers an update as the platform would, at the shared address.
    pub(crate) async fn deliver(&self, update: &Value) {
        let request = self.client().request(reqwest::Method::POST, "/api/webhooks/telegram");
        let answer =
            request.header("X-Telegram-Bot-Api-Secret-Token", SECRET).json(update).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }

    /// A person says something; returns when it can be read. The chat exists at the platform then.
    pub(crate) async fn receive(&self, user: &Client, update: i64, person: i64, text: &str) {
        self.platform.say(BOT_TOKEN, person, text);
        self.deliver(&bot_update(update, person, text)).await;
        assert_eq!(user.all_messages().await[0]["content"], text);
    }

    pub(crate) fn client(&self) -> Client {
        self.process.client()
    }

    pub(crate) async fn kill(&mut self) {
        self.process.kill().await;
    }
}

/// A text message to the bot, as Telegram delivers it.
pub(crate) fn bot_update(update: i64, person: i64, text: &str) -> Value {
    json!({
        "update_id": update,
        "message": {
            "message_id": update,
            "from": {"id": person, "is_bot": false, "first_name": "Ada", "username": format!("ada_{person}")},
            "chat": {"id": person, "type": "private", "first_name": "Ada", "username": format!("ada_{person}")},
            "date": 1_767_225_600 + update,
            "text": text
        }
    })
}
