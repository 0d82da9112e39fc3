//! The run itself.

use super::actor::{Actor, word};
use super::history::{AccountSeen, Asked, Finding, History, Said, Shown, Taken, check};
use super::line::FaultyLine;
use super::listener::Listener;
use super::plan::{Dice, Post, Trouble, Turn, turn};
use crate::conformance::subject::Fault;
use crate::{Client, Database, Engine, HubProcess, eventually, eventually_within};
use futures_util::future::{join, join_all};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// People who write to each account.
pub const PEOPLE: usize = 3;
/// Messages one account sends at most: what platforms allow in a quarter of an hour.
const SENDS: usize = 12;
/// The hub is killed in so many rounds of a hundred.
const KILLS: u64 = 30;
/// Pause between two rounds.
const ROUND: Duration = Duration::from_millis(400);
/// How long everything may take to come to rest in the end.
const REST: Duration = Duration::from_secs(45);
/// Sends after which a platform that took its permission back must have been heard.
const LAST_SENDS: usize = 6;
/// How often what got no answer is tried again.
const TRIES: usize = 200;
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
    /// Also what makes platforms pause for half a minute.
    pub harsh: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
    /// In one line.
    pub summary: String,
}

struct Stage {
    run: Run,
    actors: Vec<Box<dyn Actor>>,
    lines: Vec<Option<FaultyLine>>,
    database: Database,
    hub: HubProcess,
    user: Client,
    settings: Vec<(String, String)>,
    /// Conversations by account and person.
    conversations: BTreeMap<(usize, usize), String>,
    /// The accounts' ids here.
    ids: Vec<String>,
    history: History,
    /// What must be delivered in a later round: account, number, person, words.
    later: Vec<(usize, i64, usize, String)>,
    numbers: Vec<i64>,
    sent: Vec<usize>,
    kills: usize,
    troubles: BTreeMap<String, usize>,
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

    fn talk(&self, account: usize, person: usize) -> (String, String) {
        (self.actors[account].card().to_owned(), person.to_string())
    }

    async fn round(&mut self, dice: &mut Dice) {
        let turns: Vec<Turn> = self.actors.iter().map(|_| turn(dice, PEOPLE, self.run.harsh)).collect();
        let kill = dice.chance(KILLS).then(|| (Duration::from_millis(dice.roll() % 300), dice.chance(30)));
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
                let keeps = self.actors[account].keeps();
                match if keeps { &Post::Plain } else { post } {
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
                self.history.asked.push(Asked {
                    talk: self.talk(account, *person),
                    words: words.clone(),
                    forced: 0,
                    retried: false,
                });
                asks.push((self.conversations[&(account, *person)].clone(), words));
            }
        }
        posts.extend(copies);
        self.happen(posts, asks, kill).await;
    }

    /// Everything of a round at once, until all of it was taken; meanwhile the hub may die and come back.
    async fn happen(
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

    /// Nothing goes wrong any more, what is late comes, and everything comes to rest.
    async fn rest(&mut self) {
        for line in self.lines.iter().flatten() {
            line.calm();
        }
        let late = std::mem::take(&mut self.later);
        self.happen(late, Vec::new(), None).await;
        let open = |message: &Value| matches!(message["status"].as_str(), Some("queued" | "sending"));
        let begun = Instant::now();
        while begun.elapsed() < REST && self.user.all_messages().await.iter().any(open) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // What a call lost is read back.
        let said: BTreeSet<String> = self.history.said.iter().map(|said| said.words.clone()).collect();
        let here = async || {
            let all = self.user.all_messages().await;
            let shown: BTreeSet<&str> = all.iter().map(|message| word(message, "content")).collect();
            said.iter().all(|words| shown.contains(words.as_str())).then_some(())
        };
        let _ = tokio::time::timeout(REST, eventually_within(REST * 2, "everything is here", here)).await;
        // What failed is sent again, as a person would.
        let failed: Vec<Value> =
            self.user.all_messages().await.into_iter().filter(|message| message["status"] == "failed").collect();
        for message in failed {
            let path = format!("/api/messages/{}/retry", word(&message, "id"));
            let (status, answer) = self.user.post(&path, &json!({})).await;
            assert!(status != StatusCode::NOT_FOUND, "{answer}");
            let words = word(&message, "content");
            for asked in self.history.asked.iter_mut().filter(|asked| asked.words == words) {
                asked.retried = true;
            }
        }
        let settled = async || (!self.user.all_messages().await.iter().any(open)).then_some(());
        let _ = tokio::time::timeout(REST, eventually_within(REST * 2, "rest", settled)).await;
    }

    /// What everybody saw.
    async fn read(&mut self, listener: &Listener) {
        let words: BTreeSet<&str> = self.history.asked.iter().map(|asked| asked.words.as_str()).collect();
        for actor in &self.actors {
            let got = actor.got().into_iter().filter(|got| words.contains(got.as_str()));
            let of = |words: String| Taken { talk: (actor.card().to_owned(), String::new()), words };
            self.history.taken.extend(got.map(of));
        }
        let hello = |words: &str| words.ends_with("says hello");
        for message in self.user.all_messages().await.iter().rev() {
            let words = word(message, "content").to_owned();
            if !hello(&words) {
                let status = message["status"].as_str().map(str::to_owned);
                self.history.shown.push(Shown { words, status });
            }
        }
        let expected = self.history.said.len();
        let heard = async || (listener.pushed().len() >= expected).then_some(());
        let _ = tokio::time::timeout(Duration::from_secs(5), eventually("the client hears", heard)).await;
        self.history.pushed = listener.pushed().into_iter().filter(|pushed| !hello(&pushed.words)).collect();
        let (_, ledger) = self.user.get("/api/health/ledger").await;
        let platforms = ledger["platforms"].as_array().into_iter().flatten();
        let odd = platforms.filter(|platform| platform["balanced"] != true).map(ToString::to_string);
        self.history.ledger.extend(odd);
        assert!(ledger["balanced"].is_boolean(), "{ledger}");
    }

    /// How every account is shown as long as no platform refused one.
    async fn look_at_accounts(&mut self) {
        for account in self.accounts().await {
            self.history.accounts.push(AccountSeen {
                name: word(&account, "platform").to_owned(),
                asked_for_sign_in: account["health"] == "needs_reauth",
                credentials_refused: false,
            });
        }
    }

    async fn accounts(&self) -> Vec<Value> {
        let (_, accounts) = self.user.get("/api/oauth/accounts").await;
        accounts["accounts"].as_array().expect("a list").clone()
    }

    async fn is_refused(&self, account: usize) -> bool {
        let id = &self.ids[account];
        self.accounts().await.iter().any(|account| account["id"] == *id && account["health"] == "needs_reauth")
    }

    /// Every platform takes its permission back: that must be seen, nothing may leave until somebody signs in again, and then
    /// what failed can be sent.
    async fn lose_sign_ins(&mut self) {
        let mut refused = Vec::new();
        for account in 0..self.actors.len() {
            let mut seen = false;
            // What is left over of earlier faults may meet the first ones, and another call that is taken may clear the account.
            for number in 0..LAST_SENDS {
                self.actors[account].fault(Fault::Reauth);
                let words = format!("to {} 0 without a sign-in, {number}", self.actors[account].card());
                let conversation = self.conversations[&(account, 0)].clone();
                if !ask(&self.user, &conversation, &words).await {
                    break;
                }
                let talk = self.talk(account, 0);
                self.history.asked.push(Asked { talk, words: words.clone(), forced: 0, retried: true });
                let settled = async || {
                    let all = self.user.all_messages().await;
                    let open = |m: &Value| matches!(m["status"].as_str(), Some("queued" | "sending"));
                    (!all.iter().any(|m| m["content"] == words && open(m))).then_some(())
                };
                let _ = tokio::time::timeout(REST, eventually_within(REST * 2, "it is refused", settled)).await;
                seen = self.is_refused(account).await;
                if seen {
                    break;
                }
            }
            let name = self.actors[account].card().to_owned();
            self.history.accounts.push(AccountSeen { name, asked_for_sign_in: seen, credentials_refused: true });
            refused.push(account);
        }
        for account in refused {
            self.actors[account].link(&self.user).await;
        }
        let failed: Vec<Value> =
            self.user.all_messages().await.into_iter().filter(|message| message["status"] == "failed").collect();
        for message in failed {
            self.user.post(&format!("/api/messages/{}/retry", word(&message, "id")), &json!({})).await;
        }
        let sent = async || {
            let all = self.user.all_messages().await;
            let open = all.iter().any(|m| matches!(m["status"].as_str(), Some("queued" | "sending" | "failed")));
            (!open).then_some(())
        };
        let _ = tokio::time::timeout(REST, eventually_within(REST * 2, "it is sent", sent)).await;
    }

    fn report(self, rounds: usize) -> Report {
        let findings = check(&self.history);
        let unsettled =
            self.history.shown.iter().filter(|shown| shown.status.as_deref() == Some("unconfirmed")).count();
        let failed = self.history.shown.iter().filter(|shown| shown.status.as_deref() == Some("failed")).count();
        let summary = format!(
            "seed {} on {:?}: {rounds} rounds, {} said, {} asked, {} taken, {} kills, {} troubles, {failed} failed, \
             {unsettled} unconfirmed, {} findings",
            self.run.seed,
            self.run.engine,
            self.history.said.len(),
            self.history.asked.len(),
            self.history.taken.len(),
            self.kills,
            self.troubles.values().sum::<usize>(),
            findings.len(),
        );
        Report { findings, summary }
    }
}

/// Leads an address through a line of its platform's.
async fn through(address: &str, line: &mut Option<(String, FaultyLine)>) -> String {
    let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
    let (Some(host), Some(port)) = (url.host_str(), url.port()) else { return address.to_owned() };
    let target = format!("{host}:{port}");
    if line.is_none() {
        *line = Some((target.clone(), FaultyLine::to(target.clone()).await));
    }
    let Some((known, line)) = line else { return address.to_owned() };
    if *known != target {
        return address.to_owned();
    }
    url.set_port(Some(line.address.port())).expect("a port");
    url.as_str().trim_end_matches('/').to_owned()
}

async fn start(binary: &Path, settings: &[(String, String)], folder: &Path) -> HubProcess {
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    HubProcess::start_logged(binary, &settings, &folder.join("hub.log")).await
}

/// What the dead process held comes free, as it would after a minute. On SQLite a hub that is alone finds out by itself.
async fn time_passes(database: &Database, engine: Engine) {
    database.change("UPDATE hub_leases SET until_at = '2020-01-01T00:00:00.000000Z'").await;
    if engine == Engine::Postgres {
        let held = "UPDATE hub_jobs SET lease_until = '2020-01-01T00:00:00.000000Z' WHERE state = 'running'";
        database.change(held).await;
    }
}

/// Asks for something to be sent until there is an answer; the key makes a repeat harmless. False when it was not taken.
async fn ask(user: &Client, conversation: &str, words: &str) -> bool {
    for _ in 0..TRIES {
        let request = user.request(Method::POST, &format!("/api/messages/{conversation}/send"));
        match request.header("Idempotency-Key", words).json(&json!({"content": words})).send().await {
            // The account cannot send: nothing was stored.
            Ok(answer) if answer.status() == StatusCode::CONFLICT => return false,
            // Stored, whatever the platform says: what became of it is read in the end.
            Ok(answer) if answer.status() != StatusCode::SERVICE_UNAVAILABLE => return true,
            Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("{words:?} is never answered");
}
