//! Tokens end.

use super::super::actor::word;
use super::super::driver::PEOPLE;
use super::super::history::{Asked, Renewed, Said};
use super::super::stage::Stage;
use super::super::surroundings::{ask, comes};
use super::moment;
use chrono::{TimeDelta, Utc};
use futures_util::future::join_all;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// A grant must have this age at some platforms before it is renewed.
const AGE: Duration = Duration::from_hours(25);
/// So long before its end any grant is renewed that can be.
const LEFT: TimeDelta = TimeDelta::minutes(4);

impl Stage {
    /// Tokens end while they are used, or soon. They are renewed once, however many need them, and nothing is lost.
    pub(super) async fn end_tokens(&mut self) {
        let ended = join_all((0..self.actors.len()).map(|account| self.end_token(account))).await;
        for (renewed, asked, said) in ended.into_iter().flatten() {
            self.history.renewed.push(renewed);
            self.history.asked.extend(asked);
            self.history.said.extend(said);
        }
    }

    async fn end_token(&self, account: usize) -> Option<(Renewed, Vec<Asked>, Vec<Said>)> {
        let actor = &self.actors[account];
        let before = actor.renewals()?;
        let mut said = Vec::new();
        if !actor.end_token() {
            // It ends soon, and is old enough to be renewed; people must have written since, or nobody may answer.
            actor.pass(AGE);
            said = self.say_unheard(account, "it a day later");
            comes(async || self.are_here(&said).await).await;
            let (soon, is_it) = (moment(Utc::now() + LEFT), self.is_account("id", account));
            self.database
                .change(format!("UPDATE connected_accounts SET token_expires_at = '{soon}' WHERE {is_it}"))
                .await;
        }
        let words = |person| format!("to {} {person} with a token that ended", actor.card());
        let to = |person| (&self.conversations[&(account, person)], words(person));
        let asks: Vec<_> = (0..PEOPLE).map(to).collect();
        let taken = join_all(asks.iter().map(|(to, words)| ask(&self.user, to, words))).await;
        let all: BTreeSet<&str> = asks.iter().map(|(_, words)| words.as_str()).collect();
        let ours = async || {
            let (_, newest) = self.user.get("/api/messages?limit=100").await;
            let newest = newest["messages"].as_array().cloned().unwrap_or_default();
            newest.into_iter().filter(|m| all.contains(word(m, "content"))).collect::<Vec<Value>>()
        };
        let open = |m: &Value| matches!(m["status"].as_str(), Some("queued" | "sending"));
        comes(async || !ours().await.iter().any(open)).await;
        let sent = ours().await.iter().filter(|m| m["status"] != "failed").count();
        let times = actor.renewals().unwrap_or_default().saturating_sub(before);
        let asked_for_sign_in = self.is_refused(account).await;
        let (name, unsent) = (actor.card().to_owned(), all.len() - sent);
        let asked = asks.iter().enumerate().zip(taken).filter(|(_, taken)| *taken);
        let asked = asked.map(|((person, (_, words)), _)| Asked {
            talk: self.talk(account, person),
            words: words.clone(),
            forced: 0,
            retried: false,
        });
        Some((Renewed { name, times, asked_for_sign_in, unsent }, asked.collect(), said))
    }
}
