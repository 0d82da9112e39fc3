//! Somebody else has platforms call them.

use super::super::history::{Loss, Lost, Said};
use super::super::stage::Stage;
use super::super::surroundings::comes;
use super::ELSEWHERE;
use crate::conformance::subject::Meanwhile;
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Looks at a channel after which the hub has had time enough to fight. The first may be under way already.
const LOOKS_AT: usize = 3;

impl Stage {
    /// The hub must say so and not fight, until the owner wants the account back.
    pub(super) async fn be_taken_over(&mut self) {
        let ended = join_all((0..self.actors.len()).map(|account| self.takeover(account))).await;
        self.note(ended);
    }

    async fn takeover(&self, account: usize) -> Option<(Lost, Vec<Said>)> {
        let before = self.before(account).await;
        let meanwhile = self.actors[account].take_over(ELSEWHERE).await?;
        let taken = async || {
            let channel = self.channel(account).await;
            channel["state"] == "taken_over" && channel["action"] == "reclaim"
        };
        let noticed = comes(taken).await;
        let kept = meanwhile == Meanwhile::Kept;
        let said = if kept { self.say_unheard(account, "it to somebody else") } else { Vec::new() };
        for _ in 0..LOOKS_AT {
            let due = self.channel(account).await["next_probe_at"].clone();
            comes(async || self.channel(account).await["next_probe_at"] != due).await;
        }
        let fought = noticed && !taken().await;
        let reclaim = format!("/api/oauth/accounts/{}/reclaim", self.ids[account]);
        let (status, answer): (_, Value) = self.user.post(&reclaim, &json!({})).await;
        if status != StatusCode::OK {
            assert!(self.actors[account].let_go().await, "{}: {answer}", self.actors[account].card());
        }
        let loss = Loss::Takeover { noticed, fought };
        let lost = self.outcome(&before, loss, &said, !kept).await;
        Some((lost, said))
    }
}
