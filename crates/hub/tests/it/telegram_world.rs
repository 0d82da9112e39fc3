//! A hub that speaks with a pretend Telegram: two accounts of people, one of them with a password.

use crate::contract::scene::{ACCESS_SECRET, REFRESH_SECRET};
use crate::telegram_login::{code_sent, verifies};
use hub_simulators::telegram_user::{NewAccount, NewPerson, Place, TelegramUserHandle, TelegramUserOptions, start};
use hub_testkit::{Client, Database, Engine, HubProcess, PATIENCE};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The account of most tests, and its number.
pub(crate) const ME: i64 = 7_100_000_001;
pub(crate) const PHONE: &str = "4915550000001";
/// An account with a password, and its number.
pub(crate) const OTHER: i64 = 7_100_000_011;
pub(crate) const OTHER_PHONE: &str = "4915550000011";
pub(crate) const PASSWORD: &str = "hunter2 ";
/// The code that the pretend Telegram sends.
pub(crate) const CODE: &str = "22222";
/// A friend.
const ALICE: i64 = 7_200_000_002;

/// Both sides.
pub(crate) struct World {
    pub(crate) telegram: TelegramUserHandle,
    pub(crate) database: Database,
    hub: HubProcess,
    pub(crate) alice: Place,
    pub(crate) alice_id: i64,
}

impl World {
    /// A hub on a fresh database.
    pub(crate) async fn begun(engine: Engine) -> Self {
        let telegram = start(TelegramUserOptions::default()).await.expect("the simulator starts");
        telegram.create_account(NewAccount::new(ME, PHONE, "Me"));
        telegram.create_account(NewAccount::new(OTHER, OTHER_PHONE, "Other").with_password(PASSWORD, "the usual"));
        let alice = telegram.meet(ME, NewPerson::named(ALICE, "Alice"));
        let database = Database::fresh(engine).await;
        let hub = hub(&telegram, &database).await;
        Self { telegram, database, hub, alice, alice_id: ALICE }
    }

    /// Ends the hub as a power cut would.
    pub(crate) async fn kill(&mut self) {
        self.hub.kill().await;
    }

    /// Starts it again.
    pub(crate) async fn revive(&mut self) {
        self.hub = hub(&self.telegram, &self.database).await;
    }

    /// Both.
    pub(crate) async fn restart(&mut self) {
        self.kill().await;
        self.revive().await;
    }

    pub(crate) fn client(&self) -> Client {
        self.hub.client()
    }

    /// The same user at the hub that runs now.
    pub(crate) fn same(&self, user: &Client) -> Client {
        self.client().with_token(user.token())
    }

    /// A user with the account linked and a message of Alice's that was read before.
    pub(crate) async fn linked(&self) -> (Client, String) {
        self.telegram.was_said(ME, self.alice, self.alice_id, |message| {
            "before anybody looked".clone_into(&mut message.message);
        });
        assert!(self.telegram.reads_elsewhere(ME, self.alice, 0), "read on the person's telephone");
        let user = self.client().register("ada@example.com").await;
        let hash = code_sent(&user, PHONE).await;
        let (_, body) = verifies(&user, &hash, CODE, None).await;
        let id = body["accountId"].as_str().unwrap_or_else(|| panic!("not linked: {body}")).to_owned();
        self.until(&user, "/api/messages", |body| body["total"] == 1).await;
        (user, id)
    }

    /// Looks until something is so.
    pub(crate) async fn until(&self, user: &Client, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let looking = async {
            loop {
                last = user.get(path).await.1;
                if fits(&last) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, looking).await;
        assert!(in_time.is_ok(), "{path} still says {last}");
        last
    }

    /// What the hub has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(log_of(&self.database)).expect("a log")
    }

    /// Looks through everything that the hub keeps and says: the database, its journal, the log, all files.
    pub(crate) fn find_nowhere(&self, words: &[&str]) {
        let mut folders = vec![self.database.folder.path().to_owned()];
        let mut looked = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("readable") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).expect("readable");
                looked += bytes.len();
                for word in words {
                    let found = bytes.windows(word.len()).any(|part| part == word.as_bytes());
                    assert!(!found, "{word} stands in {}", path.display());
                }
            }
        }
        assert!(looked > 50_000, "there was little to look through: {looked} bytes");
        assert!(self.log().contains("platform call done"), "the log is not talkative enough to prove anything");
    }
}

fn log_of(database: &Database) -> PathBuf {
    database.folder.path().join("hub.log")
}

async fn hub(telegram: &TelegramUserHandle, database: &Database) -> HubProcess {
    let data = database.folder.path().display().to_string();
    let seed = format!("{} {}", telegram.address(), telegram.control_url());
    let settings = [
        ("HUB_DATA_DIR", data.as_str()),
        ("DATABASE_URL", database.url.as_str()),
        ("TELEGRAM_API_ID", "12345"),
        ("TELEGRAM_API_HASH", "tests-only"),
        ("TELEGRAM_TEST_SEED", seed.as_str()),
        ("JWT_SECRET", ACCESS_SECRET),
        ("JWT_REFRESH_SECRET", REFRESH_SECRET),
        ("AUTH_LIMIT_PER_MINUTE", "1000"),
        ("RATE_LIMIT_PER_MINUTE", "1000000"),
        ("RUST_LOG", "debug,sqlx=info,hyper=info"),
    ];
    HubProcess::start_logged(Path::new(env!("CARGO_BIN_EXE_hub")), &settings, &log_of(database)).await
}
