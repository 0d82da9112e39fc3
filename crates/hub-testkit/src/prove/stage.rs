//! Who takes part in a run, and what they know of each other.

use super::actor::{Actor, word};
use super::driver::{PEOPLE, Run};
use super::history::{Asked, History};
use super::line::FaultyLine;
use super::listener::Listener;
use super::surroundings::{start, through};
use crate::{Client, Database, HubProcess, eventually};
use std::collections::BTreeMap;

/// Names of settings that lead to what a platform's programs call.
const CALLED: [&str; 2] = ["_GRAPH_BASE_URL", "_API_BASE_URL"];

/// All of it.
pub(super) struct Stage {
    pub(super) run: Run,
    pub(super) actors: Vec<Box<dyn Actor>>,
    pub(super) lines: Vec<Option<FaultyLine>>,
    pub(super) database: Database,
    pub(super) hub: HubProcess,
    pub(super) user: Client,
    /// A client of the user's that stays open.
    pub(super) listener: Listener,
    pub(super) settings: Vec<(String, String)>,
    /// Conversations by account and person.
    pub(super) conversations: BTreeMap<(usize, usize), String>,
    /// The accounts' ids here.
    pub(super) ids: Vec<String>,
    pub(super) history: History,
    /// What must be delivered in a later round: account, number, person, words.
    pub(super) later: Vec<(usize, i64, usize, String)>,
    pub(super) numbers: Vec<i64>,
    pub(super) sent: Vec<usize>,
    pub(super) kills: usize,
    pub(super) troubles: BTreeMap<String, usize>,
}

impl Stage {
    /// Starts everything, links every account and lets everybody write once, with nothing going wrong.
    pub(super) async fn open(run: Run, actors: Vec<Box<dyn Actor>>) -> Self {
        let database = Database::fresh(run.engine).await;
        let port = crate::free_port().to_string();
        let mut settings: Vec<(String, String)> = [
            ("HUB_DATA_DIR", database.folder.path().display().to_string()),
            ("DATABASE_URL", database.url.clone()),
            ("WEBHOOK_BASE_URL", format!("http://127.0.0.1:{port}")),
            ("PORT", port),
            ("BCRYPT_COST", "4".to_owned()),
            ("JWT_EXPIRES_IN", "1d".to_owned()),
            ("SEND_WAIT_MS", "300".to_owned()),
            ("STOP_WAIT_SECONDS", "1".to_owned()),
            ("POLL_INTERVAL_SECONDS", "1".to_owned()),
            ("AUTH_LIMIT_PER_MINUTE", "1000".to_owned()),
            ("RATE_LIMIT_PER_MINUTE", "1000000".to_owned()),
            ("RUST_LOG", "info".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        let mut lines = Vec::new();
        for actor in &actors {
            let mut line = None;
            for (name, mut value) in actor.settings() {
                // Two platforms of one company share an app; the first one's addresses stand.
                if settings.iter().any(|(known, _)| known == name) {
                    continue;
                }
                if CALLED.iter().any(|called| name.ends_with(called)) {
                    value = through(&value, &mut line).await;
                }
                settings.push((name.to_owned(), value));
            }
            lines.push(line.map(|(_, line)| line));
        }
        let hub = start(&run.binary, &settings, database.folder.path()).await;
        for actor in &actors {
            actor.set_up(&hub.base).await;
        }
        let user = hub.client().register("ada@example.com").await;
        let many = actors.len();
        let listener = Listener::start(0, &user);
        let mut stage = Self {
            run,
            actors,
            lines,
            database,
            hub,
            user,
            listener,
            settings,
            conversations: BTreeMap::new(),
            ids: Vec::new(),
            history: History::default(),
            later: Vec::new(),
            numbers: vec![0; many],
            sent: vec![0; many],
            kills: 0,
            troubles: BTreeMap::new(),
        };
        stage.meet_everybody().await;
        stage
    }

    async fn meet_everybody(&mut self) {
        for (account, actor) in self.actors.iter().enumerate() {
            self.ids.push(actor.link(&self.user).await);
            for person in 0..PEOPLE {
                let words = format!("{} {person} says hello", actor.card());
                actor.say(person, &words);
                let what = format!("{words:?} is here");
                let heard = eventually(&what, async || {
                    self.user.all_messages().await.into_iter().find(|message| message["content"] == words)
                });
                let conversation = word(&heard.await, "conversation_id").to_owned();
                self.conversations.insert((account, person), conversation);
            }
        }
    }

    pub(super) fn talk(&self, account: usize, person: usize) -> (String, String) {
        (self.actors[account].card().to_owned(), person.to_string())
    }

    /// The user asked for something to be sent.
    pub(super) fn asked(&mut self, account: usize, person: usize, words: &str) {
        let talk = self.talk(account, person);
        self.history.asked.push(Asked { talk, words: words.to_owned(), forced: 0, retried: false });
    }
}
