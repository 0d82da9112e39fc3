//! Platforms take their permission back.

use super::super::actor::word;
use super::super::history::{AccountSeen, Asked, Loss};
use super::super::stage::Stage;
use super::super::surroundings::{ask, comes};
use super::Before;
use futures_util::future::join_all;
use serde_json::{Value, json};

/// Sends after which a platform that took its permission back must have been heard.
const LAST_SENDS: usize = 6;

impl Stage {
    /// Every platform takes its permission back: that must be seen, nothing may leave until somebody signs in again, and then
    /// what failed can be sent.
    pub(in super::super) async fn lose_sign_ins(&mut self) {
        // A token that was made just now may be unknown here and there, so its refusal proves little; a new hub knows none.
        self.restart().await;
        self.come_to_rest().await;
        let all = 0..self.actors.len();
        let ended = join_all(all.clone().map(|account| self.lose_sign_in(account))).await;
        for account in all {
            self.actors[account].link(&self.user).await;
        }
        let failed: Vec<Value> =
            self.user.all_messages().await.into_iter().filter(|message| message["status"] == "failed").collect();
        for message in failed {
            self.user.post(&format!("/api/messages/{}/retry", word(&message, "id")), &json!({})).await;
        }
        let open = |m: &Value| matches!(m["status"].as_str(), Some("queued" | "sending" | "failed"));
        comes(async || !self.user.all_messages().await.iter().any(open)).await;
        let healed = ended.iter().map(|(before, seen, _)| {
            let loss = Loss::Revoked { noticed: *seen };
            self.outcome(before, loss, &[], false)
        });
        let healed = join_all(healed).await;
        for ((before, seen, asked), lost) in ended.into_iter().zip(healed) {
            let name = self.actors[before.account].card().to_owned();
            self.history.accounts.push(AccountSeen { name, asked_for_sign_in: seen, credentials_refused: true });
            self.history.asked.extend(asked);
            self.history.lost.push(lost);
        }
    }

    /// Gives where it stood before, whether the hub asked for a new sign-in, and what was asked for until then.
    async fn lose_sign_in(&self, account: usize) -> (Before, bool, Vec<Asked>) {
        let before = self.before(account).await;
        let (mut seen, mut asked) = (false, Vec::new());
        // What is left over of earlier faults may meet the first ones, and another call that is taken may clear the account.
        for number in 0..LAST_SENDS {
            self.actors[account].revoke();
            let words = format!("to {} 0 without a sign-in, {number}", self.actors[account].card());
            if ask(&self.user, &self.conversations[&(account, 0)], &words).await {
                let talk = self.talk(account, 0);
                asked.push(Asked { talk, words: words.clone(), forced: 0, retried: true });
                let open = |m: &Value| matches!(m["status"].as_str(), Some("queued" | "sending"));
                comes(async || {
                    let (_, newest) = self.user.get("/api/messages?limit=100").await;
                    let mut newest = newest["messages"].as_array().into_iter().flatten();
                    !newest.any(|m| m["content"] == *words && open(m))
                })
                .await;
            }
            let channel = self.channel(account).await;
            seen = channel["state"] == "needs_reauth" && channel["action"] == "reconnect";
            if seen {
                break;
            }
        }
        (before, seen && self.is_refused(account).await, asked)
    }
}
