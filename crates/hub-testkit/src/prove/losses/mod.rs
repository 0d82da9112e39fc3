//! What nobody tells the hub: platforms that fall silent, or call somebody else, lines that are dead, tokens that end before their
//! time, permissions that are taken back. The hub must find out, say so, and be well again by itself where it can.

mod revoked;
mod silence;
mod takeover;
mod tokens;

use super::actor::word;
use super::driver::PEOPLE;
use super::history::{Loss, Lost, Said};
use super::stage::Stage;
use super::surroundings::{comes, start};
use crate::Engine;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeSet;

/// The hub looks at its channels this often now, in seconds, and reads where platforms call this rarely: what is missed must be
/// found by looking.
const SETTINGS: [(&str, &str); 2] = [("HEALTH_PROBE_SECONDS", "1"), ("POLL_INTERVAL_SECONDS", "60")];
/// Readings further off than this disturb nobody.
const FAR: TimeDelta = TimeDelta::seconds(60);
/// Somebody else's address.
const ELSEWHERE: &str = "https://other.example/hook";

/// Where everything stood before an account was lost.
struct Before {
    account: usize,
    /// The listener's place.
    place: i64,
    changes: usize,
    holes: usize,
    at: DateTime<Utc>,
}

impl Stage {
    /// One loss after the other, of all accounts at once, with nothing else going wrong.
    pub(super) async fn lose(&mut self) {
        for (name, value) in SETTINGS {
            self.settings.retain(|(known, _)| known != name);
            self.settings.push((name.to_owned(), value.to_owned()));
        }
        self.restart().await;
        self.come_to_rest().await;
        self.fall_silent().await;
        self.come_to_rest().await;
        self.be_taken_over().await;
        self.come_to_rest().await;
        self.end_tokens().await;
    }

    async fn restart(&mut self) {
        self.hub.stop().await;
        self.hub = start(&self.run.binary, &self.settings, self.database.folder.path()).await;
    }

    /// Nothing is being read, and nothing will be soon: what is said now, only a call can tell.
    async fn come_to_rest(&self) {
        let readings = "kind IN ('backfill', 'poll') AND state IN ('ready', 'running')";
        let (now, later) = (moment(Utc::now()), moment(Utc::now() + FAR));
        let bring_forward = format!("UPDATE hub_jobs SET run_at = '{now}' WHERE {readings} AND state = 'ready'");
        self.database.change(bring_forward).await;
        let soon = format!("SELECT kind FROM hub_jobs WHERE {readings} AND run_at < '{later}'");
        let rests = comes(async || {
            let (_, body) = self.user.get("/api/health/accounts").await;
            let stirs = |one: &Value| one["state"] != "ok";
            let calm = body["accounts"].as_array().is_some_and(|all| !all.iter().any(stirs));
            calm && self.database.texts(soon.clone()).await.is_empty()
        });
        if !rests.await {
            eprintln!("it does not come to rest: {:?}", self.database.texts(soon).await);
        }
    }

    async fn before(&self, account: usize) -> Before {
        Before {
            account,
            place: self.listener.place(),
            changes: self.changes(account).await.len(),
            holes: self.channel(account).await["holes"].as_array().map_or(0, Vec::len),
            at: Utc::now(),
        }
    }

    /// What every person says of which the platform does not tell the hub, and what it is in the history.
    fn say_unheard(&self, account: usize, when: &str) -> Vec<Said> {
        let say = |person| {
            let words = format!("{} {person} says {when}", self.actors[account].card());
            self.actors[account].say(person, &words);
            Said { talk: self.talk(account, person), words, pushed: false }
        };
        (0..PEOPLE).map(say).collect()
    }

    /// Waits for the end of a loss: the account is well, what was said is here, and everybody was told.
    async fn outcome(&self, before: &Before, loss: Loss, said: &[Said], gone: bool) -> Lost {
        let account = before.account;
        let well_again = comes(async || self.channel(account).await["state"] == "ok").await;
        if !well_again {
            let (stands, changes) = (self.channel(account).await, self.changes(account).await);
            eprintln!("it is not well again after {loss:?}: {stands}, by way of {:?}", &changes[before.changes..]);
        }
        comes(async || self.are_here(said).await).await;
        let told = comes(async || {
            let told = self.listener.told_of(&self.ids[account], before.place);
            let changes = self.changes(account).await.len() - before.changes;
            told.len() >= changes && told.last().is_some_and(|state| state == "ok") && shows(&told, loss)
        });
        let told = told.await;
        let channel = self.channel(account).await;
        let later = |at: &Value| at.as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok()) > Some(before.at);
        // Since when it is well is moved where hours pass.
        let dated = later(&channel["since"]) || matches!(loss, Loss::Silence { .. });
        let evidence = &channel["evidence"];
        let holes = channel["holes"].as_array().map_or(0, Vec::len);
        Lost {
            name: self.actors[account].card().to_owned(),
            loss,
            well_again,
            told,
            explained: dated && later(&evidence["seen_at"]) && !word(evidence, "words").is_empty(),
            words: said.iter().map(|said| said.words.clone()).collect(),
            read_back: self.reads_back(account).await,
            hole: gone.then_some(holes > before.holes),
        }
    }

    fn note(&mut self, ended: Vec<Option<(Lost, Vec<Said>)>>) {
        for (lost, said) in ended.into_iter().flatten() {
            self.history.lost.push(lost);
            self.history.said.extend(said);
        }
    }

    /// Whether the platform keeps what was said and lets it be read.
    async fn reads_back(&self, account: usize) -> bool {
        let (_, listed) = self.user.get("/api/platforms").await;
        let mut cards = listed["platforms"].as_array().expect("a list").iter();
        let card = cards.find(|card| card["id"] == self.actors[account].card()).expect("the card is listed");
        matches!(card["history"].as_str(), Some("regularly" | "backfill"))
    }

    async fn channel(&self, account: usize) -> Value {
        let (_, body) = self.user.get("/api/health/accounts").await;
        let mut all = body["accounts"].as_array().into_iter().flatten();
        all.find(|channel| channel["account_id"] == self.ids[account]).cloned().unwrap_or_default()
    }

    /// States that a channel went through, oldest first.
    async fn changes(&self, account: usize) -> Vec<String> {
        let (_, body) = self.user.get(&format!("/api/oauth/accounts/{}/notices?limit=100", self.ids[account])).await;
        let notices = body["notices"].as_array().into_iter().flatten().rev();
        let changes = notices.filter(|notice| notice["kind"] == "channel_state");
        changes.map(|notice| word(&notice["data"], "to").to_owned()).collect()
    }

    async fn stood_ill(&self, before: &Before) -> bool {
        self.changes(before.account).await.iter().skip(before.changes).any(|state| state != "ok")
    }

    /// Whether all of it is among the newest messages.
    async fn are_here(&self, said: &[Said]) -> bool {
        let (_, newest) = self.user.get("/api/messages?limit=100").await;
        let newest = newest["messages"].as_array().into_iter().flatten();
        let shown: BTreeSet<&str> = newest.map(|message| word(message, "content")).collect();
        said.iter().all(|said| shown.contains(said.words.as_str()))
    }

    /// The condition of a statement that names an account.
    fn is_account(&self, column: &str, account: usize) -> String {
        let id = self.ids[account].replace('-', "");
        match self.run.engine {
            Engine::Sqlite => format!("lower(hex({column})) = '{id}'"),
            Engine::Postgres => format!("replace(CAST({column} AS text), '-', '') = '{id}'"),
        }
    }
}

/// Whether clients saw what lasts until somebody does something about it.
fn shows(told: &[String], loss: Loss) -> bool {
    let state = match loss {
        Loss::Takeover { .. } => "taken_over",
        Loss::Revoked { .. } => "needs_reauth",
        Loss::Silence { .. } | Loss::Line { .. } => return told.len() > 1,
    };
    told.iter().any(|told| told == state)
}

/// As the database keeps it.
fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
