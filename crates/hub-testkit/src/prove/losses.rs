//! What nobody tells the hub: a platform that falls silent, one that calls somebody else, tokens that end before their time.

use super::actor::word;
use super::driver::{PEOPLE, Stage};
use super::ending::REST;
use super::history::{Loss, Lost, Renewed, Said};
use super::surroundings::{ask, start};
use crate::eventually_within;
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// The hub looks at its channels this often now, in seconds.
const LOOKS: (&str, &str) = ("HEALTH_PROBE_SECONDS", "1");
/// Pause between two looks of ours.
const LOOK: Duration = Duration::from_millis(300);
/// Somebody else's address.
const ELSEWHERE: &str = "https://other.example/hook";
/// Quarters of an hour that the hub's habits know.
const SLOTS: usize = 192;

impl Stage {
    /// One loss after the other, with nothing else going wrong.
    pub(super) async fn lose(&mut self) {
        self.settings.push((LOOKS.0.to_owned(), LOOKS.1.to_owned()));
        self.hub.stop().await;
        self.hub = start(&self.run.binary, &self.settings, self.database.folder.path()).await;
        self.come_to_rest().await;
        self.fall_silent().await;
        self.come_to_rest().await;
        self.be_taken_over().await;
        self.end_tokens().await;
    }

    /// Every channel is well, and nothing is being read: what is said now, only a call can tell.
    async fn come_to_rest(&self) {
        let calm = async || {
            let (_, body) = self.user.get("/api/health/accounts").await;
            let well = body["accounts"].as_array().is_some_and(|all| all.iter().all(|one| one["state"] == "ok"));
            let reading = "SELECT kind FROM hub_jobs WHERE kind = 'backfill' AND state IN ('ready', 'running')";
            (well && self.database.texts(reading).await.is_empty()).then_some(())
        };
        let _ = tokio::time::timeout(REST, eventually_within(REST * 2, "every channel is well", calm)).await;
    }

    /// Everybody says something of which the platform does not tell the hub.
    fn say_unheard(&mut self, account: usize, when: &str) -> Vec<String> {
        let mut all = Vec::new();
        for person in 0..PEOPLE {
            let words = format!("{} {person} says {when}", self.actors[account].card());
            self.actors[account].say(person, &words);
            let talk = self.talk(account, person);
            self.history.said.push(Said { talk, words: words.clone(), pushed: false });
            all.push(words);
        }
        all
    }

    /// Platforms stop telling, without a word. The hub must find out, by asking or by the silence itself.
    async fn fall_silent(&mut self) {
        let mut silent = Vec::new();
        for account in 0..self.actors.len() {
            let before = self.changes(account).await.len();
            if self.actors[account].fall_silent(true).await {
                let words = self.say_unheard(account, "it in silence");
                silent.push((account, before, words));
            }
        }
        let said: Vec<&String> = silent.iter().flat_map(|(_, _, words)| words).collect();
        let accounts: Vec<usize> = silent.iter().map(|(account, ..)| *account).collect();
        let begun = Instant::now();
        while begun.elapsed() < REST && !self.are_here(&said).await {
            self.hours_pass(&accounts).await;
            tokio::time::sleep(LOOK).await;
        }
        for (account, before, words) in silent {
            self.actors[account].fall_silent(false).await;
            let well = self.is_well_again(account).await;
            let noticed = self.changes(account).await.iter().skip(before).any(|(state, _)| state != "ok");
            self.lost(account, Loss::Silence { noticed }, well, words).await;
        }
    }

    /// Somebody else has platforms call them. The hub must say so and not fight, until the owner wants the account back.
    async fn be_taken_over(&mut self) {
        for account in 0..self.actors.len() {
            if !self.actors[account].take_over(ELSEWHERE).await {
                continue;
            }
            let begun = Instant::now();
            while begun.elapsed() < REST && self.channel(account).await["state"] != "taken_over" {
                tokio::time::sleep(LOOK).await;
            }
            let noticed = self.channel(account).await["state"] == "taken_over";
            let words = self.say_unheard(account, "it to somebody else");
            // Time enough to fight.
            tokio::time::sleep(LOOK * 8).await;
            let fought = self.channel(account).await["state"] != "taken_over";
            let reclaim = format!("/api/oauth/accounts/{}/reclaim", self.ids[account]);
            let (status, answer) = self.user.post(&reclaim, &json!({})).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let well = self.is_well_again(account).await;
            self.lost(account, Loss::Takeover { noticed, fought }, well, words).await;
        }
    }

    /// Tokens end while they are used. They are renewed once, however many need them, and nothing is lost.
    async fn end_tokens(&mut self) {
        for account in 0..self.actors.len() {
            let Some(before) = self.actors[account].end_token() else { continue };
            let asks: Vec<(String, String)> = (0..PEOPLE)
                .map(|person| {
                    let words = format!("to {} {person} with a token that ended", self.actors[account].card());
                    (self.conversations[&(account, person)].clone(), words)
                })
                .collect();
            let user = &self.user;
            let taken = join_all(asks.iter().map(|(to, words)| ask(user, to, words))).await;
            for (person, ((_, words), taken)) in asks.iter().zip(taken).enumerate() {
                if taken {
                    self.asked(account, person, words);
                }
            }
            let all: BTreeSet<&str> = asks.iter().map(|(_, words)| words.as_str()).collect();
            let settled = async || {
                let open = |m: &Value| matches!(m["status"].as_str(), Some("queued" | "sending"));
                let messages = self.user.all_messages().await;
                (!messages.iter().any(|m| all.contains(word(m, "content")) && open(m))).then_some(())
            };
            let _ = tokio::time::timeout(REST, eventually_within(REST * 2, "they are settled", settled)).await;
            let messages = self.user.all_messages().await;
            let sent = messages.iter().filter(|m| all.contains(word(m, "content")) && m["status"] != "failed").count();
            let times = self.actors[account].renewals().unwrap_or_default().saturating_sub(before);
            let asked_for_sign_in = self.is_refused(account).await;
            let name = self.actors[account].card().to_owned();
            self.history.renewed.push(Renewed { name, times, asked_for_sign_in, unsent: all.len() - sent });
        }
    }

    async fn lost(&mut self, account: usize, loss: Loss, well_again: bool, words: Vec<String>) {
        let name = self.actors[account].card().to_owned();
        let said: Vec<&String> = words.iter().collect();
        let here = async || self.are_here(&said).await.then_some(());
        let _ = tokio::time::timeout(REST, eventually_within(REST * 2, "it is here", here)).await;
        let read_back = self.reads_back(account).await;
        self.history.lost.push(Lost { name, loss, well_again, words, read_back });
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

    /// States that a channel went through and what led there, oldest first.
    async fn changes(&self, account: usize) -> Vec<(String, String)> {
        let (_, body) = self.user.get(&format!("/api/oauth/accounts/{}/notices?limit=100", self.ids[account])).await;
        let notices = body["notices"].as_array().into_iter().flatten().rev();
        let changes = notices.filter(|notice| notice["kind"] == "channel_state").map(|notice| &notice["data"]);
        changes.map(|data| (word(data, "to").to_owned(), word(&data["evidence"], "kind").to_owned())).collect()
    }

    async fn is_well_again(&self, account: usize) -> bool {
        let well = async || (self.channel(account).await["state"] == "ok").then_some(());
        tokio::time::timeout(REST, eventually_within(REST * 2, "it is well again", well)).await.is_ok()
    }

    async fn are_here(&self, words: &[&String]) -> bool {
        let all = self.user.all_messages().await;
        let shown: BTreeSet<&str> = all.iter().map(|message| word(message, "content")).collect();
        words.iter().all(|words| shown.contains(words.as_str()))
    }

    /// Hours pass in which, by the habits of these accounts, something always came.
    async fn hours_pass(&self, accounts: &[usize]) {
        let pace = json!({"often": vec![1_000; SLOTS], "watched": null, "heard": false});
        let ago = (chrono::Utc::now() - chrono::TimeDelta::hours(6)).format("%Y-%m-%dT%H:%M:%S%.6fZ");
        for account in accounts {
            let id = self.ids[*account].replace('-', "");
            let row = match self.run.engine {
                crate::Engine::Sqlite => "lower(hex(account_id))",
                crate::Engine::Postgres => "replace(CAST(account_id AS text), '-', '')",
            };
            let change = format!(
                "UPDATE hub_channels SET pace = '{pace}', last_event_at = '{ago}', since = '{ago}' \
                 WHERE state = 'ok' AND {row} = '{id}'"
            );
            self.database.change(change).await;
        }
    }
}
