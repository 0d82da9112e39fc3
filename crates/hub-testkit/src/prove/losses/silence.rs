//! Platforms stop telling, without a word, and lines are dead.

use super::super::history::{Loss, Lost, Said};
use super::super::stage::Stage;
use super::super::surroundings::{LOOK, comes};
use super::moment;
use chrono::{TimeDelta, Utc};
use futures_util::future::{join_all, select};
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::pin;

/// Quarters of an hour that the hub's habits know.
const SLOTS: usize = 192;

impl Stage {
    /// The hub must find out, by asking or by the silence itself.
    pub(super) async fn fall_silent(&mut self) {
        let all = 0..self.actors.len();
        let silent = RefCell::new(BTreeSet::new());
        let silences = join_all(all.clone().map(|account| self.silence(account, &silent)));
        let hours = async {
            loop {
                let accounts: Vec<usize> = silent.borrow().iter().copied().collect();
                for account in accounts {
                    self.hours_pass(account).await;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let dead_lines = join_all(all.map(|account| self.dead_line(account)));
        let ended = async { futures_util::future::join(silences, dead_lines).await };
        let (silences, dead_lines) = match select(pin!(ended), pin!(hours)).await {
            futures_util::future::Either::Left((ended, _)) => ended,
            futures_util::future::Either::Right((never, _)) => never,
        };
        self.note(silences);
        self.note(dead_lines);
    }

    /// While the hub has not found out, the account is among the silent.
    async fn silence(&self, account: usize, silent: &RefCell<BTreeSet<usize>>) -> Option<(Lost, Vec<Said>)> {
        let before = self.before(account).await;
        if !self.actors[account].fall_silent(true).await {
            return None;
        }
        let said = self.say_unheard(account, "it in silence");
        let reads_back = self.reads_back(account).await;
        silent.borrow_mut().insert(account);
        let found_out = async || self.stood_ill(&before).await && (!reads_back || self.are_here(&said).await);
        comes(found_out).await;
        silent.borrow_mut().remove(&account);
        let noticed = self.stood_ill(&before).await;
        self.actors[account].fall_silent(false).await;
        let lost = self.outcome(&before, Loss::Silence { noticed }, &said, false).await;
        Some((lost, said))
    }

    async fn dead_line(&self, account: usize) -> Option<(Lost, Vec<Said>)> {
        let before = self.before(account).await;
        if !self.actors[account].cut_off(true) {
            return None;
        }
        let said = self.say_unheard(account, "it into a dead line");
        let noticed = comes(async || self.stood_ill(&before).await).await;
        self.actors[account].cut_off(false);
        let lost = self.outcome(&before, Loss::Line { noticed }, &said, false).await;
        Some((lost, said))
    }

    /// Hours pass in which, by the account's habits, something always came.
    async fn hours_pass(&self, account: usize) {
        let pace = json!({"often": vec![1_000; SLOTS], "watched": null, "heard": false});
        let ago = moment(Utc::now() - TimeDelta::hours(6));
        let is_it = self.is_account("account_id", account);
        let change = format!(
            "UPDATE hub_channels SET pace = '{pace}', last_event_at = '{ago}', since = '{ago}' \
             WHERE state = 'ok' AND {is_it}"
        );
        self.database.change(change).await;
    }
}
