//! The run itself.

use super::actor::{Actor, word};
use super::history::{Asked, Finding, History, Said};
use super::line::FaultyLine;
use super::listener::Listener;
use super::plan::{Dice, Post, Trouble, Turn, turn};
use super::surroundings::{TRIES, ask, start, through, time_passes};
use crate::{Client, Database, Engine, HubProcess, eventually};
use futures_util::future::{join, join_all};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// People who write to each account.
pub const PEOPLE: usize = 3;
/// Messages one account sends at most: what platforms allow in a quarter of an hour.
const SENDS: usize = 12;
/// The hub is killed in so many rounds of a hundred.
const KILLS: u64 = 30;
/// Pause between two rounds.
const ROUND: Duration = Duration::from_millis(400);
/// Names of settings that lead to what a platform's programs call.
const CALLED: [&str; 2] = ["_GRAPH_BASE_URL", "_API_BASE_URL"];

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Run {
    /// The hub.
    pub binary: PathBuf,
    /// Its database.
    pub engine: Engine,
    /// Draws everything.
    pub seed: u64,
    /// How long things go wrong.
    pub lasts: Duration,
    /// Also what takes long: what makes platforms pause for half a minute, lines that die, tokens that end.
    pub harsh: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
    /// In one line.
    pub summary: String,
    /// The hub's log, when something is wrong.
    pub log: Option<PathBuf>,
}

pub(super) struct Stage {
    pub(super) run: Run,
    pub(super) actors: Vec<Box<dyn Actor>>,
    pub(super) lines: Vec<Option<FaultyLine>>,
    pub(super) database: Database,
    pub(super) hub: HubProcess,
    pub(super) user: Client,
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

/// Runs, and gives what was found.
pub async fn run(run: Run, actors: Vec<Box<dyn Actor>>) -> Report {
    let mut stage = Stage::open(run, actors).await;
    stage.meet_everybody().await;
    let listener = Listener::start(0, &stage.user);
    let mut dice = Dice::new(stage.run.seed);
    let end = Instant::now() + stage.run.lasts;
    let mut rounds = 0;
    while Instant::now() < end {
        stage.round(&mut dice).await;
        rounds += 1;
        tokio::time::sleep(ROUND).await;
    }
    stage.rest().await;
    if stage.run.harsh {
        stage.lose().await;
    }
    stage.look_at_accounts().await;
    stage.lose_sign_ins().await;
    stage.read(&listener).await;
    stage.report(rounds)
}

impl Stage {
    async fn open(run: Run, actors: Vec<Box<dyn Actor>>) -> Self {
        let database = Database::fresh(run.engine).await;
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = port.expect("a free port").port().to_string();
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
        Self {
            run,
            actors,
            lines,
            database,
            hub,
            user,
            settings,
            conversations: BTreeMap::new(),
            ids: Vec::new(),
            history: History::default(),
            later: Vec::new(),
            numbers: vec![0; many],
            sent: vec![0; many],
            kills: 0,
            troubles: BTreeMap::new(),
        }
    }

    /// Links every account and lets everybody write once, with nothing going wrong.
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

    async fn round(&mut self, dice: &mut Dice) {
        let turns: Vec<Turn> = self.actors.iter().map(|_| turn(dice, PEOPLE, self.run.harsh)).collect();
        let kill = dice.chance(KILLS).then(|| (Duration::from_millis(dice.roll() % 300), dice.chance(30)));
        for actor in &self.actors {
            actor.hold_back(false);
        }
        let mut posts = std::mem::take(&mut self.later);
        let mut copies = Vec::new();
        let mut asks = Vec::new();
        for (account, turn) in turns.iter().enumerate() {
            // What goes wrong with the next send needs one, or it would meet another.
            let sends = !turn.asked.is_empty() && self.sent[account] < SENDS;
            if let Some(trouble) = turn.trouble.filter(|trouble| sends || !matches!(trouble, Trouble::Send(_))) {
                self.break_something(account, trouble);
            }
            for (person, post) in &turn.said {
                self.numbers[account] += 1;
                let number = self.numbers[account];
                let words = format!("{} {person} #{number}", self.actors[account].card());
                // What is read back may be of the past, of which clients hear in another way.
                let pushed = !self.actors[account].keeps();
                self.history.said.push(Said { talk: self.talk(account, *person), words: words.clone(), pushed });
                let delivery = (account, number, *person, words);
                if self.actors[account].keeps() {
                    self.tell_oddly(account, *post);
                    posts.push(delivery);
                    continue;
                }
                match post {
                    Post::Late => self.later.push(delivery),
                    Post::Plain => posts.push(delivery),
                    Post::Again => {
                        self.later.push(delivery.clone());
                        posts.push(delivery);
                    }
                    Post::Doubled => {
                        copies.extend([delivery.clone(), delivery.clone()]);
                        posts.push(delivery);
                    }
                }
            }
            for person in &turn.asked {
                if self.sent[account] == SENDS {
                    continue;
                }
                self.sent[account] += 1;
                let words = format!("to {} {person} #{}", self.actors[account].card(), self.sent[account]);
                self.asked(account, *person, &words);
                asks.push((self.conversations[&(account, *person)].clone(), words));
            }
        }
        posts.extend(copies);
        self.happen(posts, asks, kill).await;
    }

    /// A platform that delivers by itself does so once more, or later and in the wrong order.
    fn tell_oddly(&mut self, account: usize, post: Post) {
        let odd = match post {
            Post::Plain => false,
            Post::Doubled | Post::Again => self.actors[account].tell_again(),
            Post::Late => self.actors[account].hold_back(true),
        };
        if odd {
            *self.troubles.entry(format!("{post:?}")).or_default() += 1;
        }
    }

    /// Everything of a round at once, until all of it was taken; meanwhile the hub may die and come back.
    pub(super) async fn happen(
        &mut self,
        posts: Vec<(usize, i64, usize, String)>,
        asks: Vec<(String, String)>,
        kill: Option<(Duration, bool)>,
    ) {
        let (actors, user, client) = (&self.actors, &self.user, self.hub.client());
        let client = &client;
        let deliver = posts.iter().map(|(account, number, person, words)| async move {
            for _ in 0..TRIES {
                if actors[*account].deliver(client, *number, *person, words).await {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("{words:?} is never taken");
        });
        // One after the other within a conversation: that is the order in which they must leave.
        let mut talks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (conversation, words) in &asks {
            talks.entry(conversation).or_default().push(words);
        }
        let ask = talks.iter().map(|(conversation, all)| async move {
            for words in all {
                let _ = ask(user, conversation, words).await;
            }
        });
        let (hub, settings, binary, folder) =
            (&mut self.hub, &self.settings, &self.run.binary, self.database.folder.path());
        let (database, engine) = (&self.database, self.run.engine);
        let die = async {
            if let Some((after, gently)) = kill {
                tokio::time::sleep(after).await;
                if gently {
                    hub.stop().await;
                } else {
                    hub.kill().await;
                }
                time_passes(database, engine).await;
                *hub = start(binary, settings, folder).await;
            }
        };
        join(die, join(join_all(deliver), join_all(ask))).await;
        self.kills += usize::from(kill.is_some());
    }

    fn break_something(&mut self, account: usize, trouble: Trouble) {
        let done = match (trouble, &self.lines[account]) {
            (Trouble::Send(fault), _) => self.actors[account].fault(fault),
            (Trouble::Line(cut), Some(line)) => {
                line.cut(cut);
                true
            }
            (Trouble::Storm(storm, lasts), Some(line)) => {
                line.storm(storm, lasts);
                true
            }
            (Trouble::Line(_) | Trouble::Storm(..), None) => self.actors[account].cut_line(),
        };
        if done {
            let kind = format!("{trouble:?}");
            let kind = kind.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default().to_owned();
            *self.troubles.entry(kind).or_default() += 1;
        }
    }
}
