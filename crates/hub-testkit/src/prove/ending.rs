//! How a run ends: everything comes to rest, and what everybody saw is read.

use super::actor::word;
use super::driver::Report;
use super::history::{AccountSeen, Shown, Taken, check};
use super::stage::Stage;
use super::surroundings::{LOG, comes};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

impl Stage {
    /// Nothing goes wrong any more, what is late comes, and everything comes to rest.
    pub(super) async fn rest(&mut self) {
        for line in self.lines.iter().flatten() {
            line.calm();
        }
        for actor in &self.actors {
            actor.hold_back(false);
        }
        let late = std::mem::take(&mut self.later);
        self.happen(late, Vec::new(), None).await;
        let open = |message: &Value| matches!(message["status"].as_str(), Some("queued" | "sending"));
        comes(async || !self.user.all_messages().await.iter().any(open)).await;
        // What a call lost is read back.
        let said: BTreeSet<String> = self.history.said.iter().map(|said| said.words.clone()).collect();
        comes(async || {
            let all = self.user.all_messages().await;
            let shown: BTreeSet<&str> = all.iter().map(|message| word(message, "content")).collect();
            said.iter().all(|words| shown.contains(words.as_str()))
        })
        .await;
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
        comes(async || !self.user.all_messages().await.iter().any(open)).await;
    }

    /// What everybody saw.
    pub(super) async fn read(&mut self) {
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
                self.history.shown.push(Shown { words, status, recovered: message["recovered"] == true });
            }
        }
        let expected: BTreeSet<&str> =
            self.history.said.iter().filter(|said| said.pushed).map(|said| said.words.as_str()).collect();
        comes(async || {
            let pushed = self.listener.pushed();
            let heard: BTreeSet<&str> = pushed.iter().map(|pushed| pushed.words.as_str()).collect();
            expected.is_subset(&heard)
        })
        .await;
        self.history.pushed = self.listener.pushed().into_iter().filter(|pushed| !hello(&pushed.words)).collect();
        let (_, ledger) = self.user.get("/api/health/ledger").await;
        let platforms = ledger["platforms"].as_array().into_iter().flatten();
        let odd = platforms.filter(|platform| platform["balanced"] != true).map(ToString::to_string);
        self.history.ledger.extend(odd);
        assert!(ledger["balanced"].is_boolean(), "{ledger}");
    }

    /// How every account is shown as long as no platform refused one.
    pub(super) async fn look_at_accounts(&mut self) {
        for account in self.accounts().await {
            self.history.accounts.push(AccountSeen {
                name: word(&account, "platform").to_owned(),
                asked_for_sign_in: account["health"] == "needs_reauth",
                credentials_refused: false,
            });
        }
    }

    pub(super) async fn accounts(&self) -> Vec<Value> {
        let (_, accounts) = self.user.get("/api/oauth/accounts").await;
        accounts["accounts"].as_array().expect("a list").clone()
    }

    pub(super) async fn is_refused(&self, account: usize) -> bool {
        let id = &self.ids[account];
        self.accounts().await.iter().any(|account| account["id"] == *id && account["health"] == "needs_reauth")
    }

    pub(super) fn report(self, rounds: usize, took: Duration) -> Report {
        let findings = check(&self.history);
        let unsettled =
            self.history.shown.iter().filter(|shown| shown.status.as_deref() == Some("unconfirmed")).count();
        let failed = self.history.shown.iter().filter(|shown| shown.status.as_deref() == Some("failed")).count();
        let summary = format!(
            "seed {} on {:?}: {rounds} rounds, {} said, {} asked, {} taken, {} kills, {} troubles, {failed} failed, \
             {unsettled} unconfirmed, {} losses, {} renewals, {} findings, {} s",
            self.run.seed,
            self.run.engine,
            self.history.said.len(),
            self.history.asked.len(),
            self.history.taken.len(),
            self.kills,
            self.troubles.values().sum::<usize>(),
            self.history.lost.len(),
            self.history.renewed.len(),
            findings.len(),
            took.as_secs(),
        );
        let log = (!findings.is_empty()).then(|| self.keep_log()).flatten();
        Report { findings, summary, log }
    }

    /// Copies the hub's log to where it outlives the run.
    fn keep_log(&self) -> Option<PathBuf> {
        let name = format!("hub-prove-{:?}-{}.log", self.run.engine, self.run.seed).to_lowercase();
        let kept = std::env::temp_dir().join(name);
        std::fs::copy(self.database.folder.path().join(LOG), &kept).ok().map(|_| kept)
    }
}
