//! Webhooks of apps: the challenge that comes first and comes again, and addresses that are blocked.

use super::handle::Platform;
use super::options::millis;
use super::sign;
use axum::http::header;
use serde_json::Value;

/// Failed challenges in a row after which an address is blocked.
const MAX_FAILURES: u32 = 3;
/// The longest answer to a challenge that is looked at, in bytes.
const MAX_ANSWER: usize = 8_192;

/// An address that an app is called at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhook {
    /// Challenges that were not answered rightly, in a row.
    pub failures: u32,
    /// Nothing is sent any longer until the developers start it again.
    pub blocked: bool,
    /// Challenges so far.
    pub challenges: u32,
    /// When the next one comes, in Unix milliseconds of the platform's clock.
    pub next_at: i64,
    /// A challenge is under way.
    pub(super) asking: bool,
}

impl Platform {
    /// Registers an address, as the developer portal does: it must answer the challenge. The error says what was wrong.
    pub(super) async fn register(&self, client_id: &str, url: &str) -> Result<(), String> {
        {
            let state = self.state();
            let app = state.apps.get(client_id).ok_or("no such app")?;
            if app.development {
                return Err("webhooks are switched off in the development tier".to_owned());
            }
        }
        let parsed = url::Url::parse(url).map_err(|_| "the address is no URL".to_owned())?;
        let host = parsed.host_str().unwrap_or_default();
        // The real platform wants HTTPS; on loopback there is none.
        if parsed.scheme() != "https" && !matches!(host, "127.0.0.1" | "localhost" | "[::1]") {
            return Err("the address must use HTTPS".to_owned());
        }
        if host.contains("ngrok") {
            return Err("addresses of tunnels are not taken".to_owned());
        }
        self.challenge(client_id, url).await?;
        self.knows(client_id, url);
        Ok(())
    }

    /// The address has answered a challenge just now.
    pub(super) fn knows(&self, client_id: &str, url: &str) {
        let mut state = self.state();
        let next_at = state.now_ms() + millis(state.options.challenge_every);
        let hook = Webhook { challenges: 1, next_at, ..Webhook::default() };
        state.webhooks.insert((client_id.to_owned(), url.to_owned()), hook);
        drop(state);
        self.note_change();
    }

    /// Addresses whose challenge is due; they count as asked from now on.
    pub(super) fn due_challenges(&self) -> Vec<(String, String)> {
        let mut state = self.state();
        let now = state.now_ms();
        let due = state.webhooks.iter_mut().filter(|(_, hook)| !hook.blocked && !hook.asking && hook.next_at <= now);
        let due = due.map(|(key, hook)| {
            hook.asking = true;
            key.clone()
        });
        due.collect()
    }

    /// Asks an address again, and blocks it when it failed too often.
    pub(super) async fn challenge_again(&self, key: &(String, String)) {
        let outcome = self.challenge(&key.0, &key.1).await;
        let mut state = self.state();
        let next_at = state.now_ms() + millis(state.options.challenge_every);
        if let Some(hook) = state.webhooks.get_mut(key) {
            hook.asking = false;
            hook.challenges += 1;
            hook.next_at = next_at;
            hook.failures = if outcome.is_ok() { 0 } else { hook.failures + 1 };
            hook.blocked = hook.failures >= MAX_FAILURES;
        }
        drop(state);
        self.note_change();
    }

    /// Sends a challenge; the error says what was wrong.
    async fn challenge(&self, client_id: &str, url: &str) -> Result<(), String> {
        let code = uuid::Uuid::new_v4().to_string();
        let mut target = url::Url::parse(url).map_err(|_| "the address is no URL".to_owned())?;
        target.query_pairs_mut().append_pair("challengeCode", &code);
        let (secret, limit) = {
            let state = self.state();
            let app = state.apps.get(client_id).ok_or("no such app")?;
            if app.child {
                target.query_pairs_mut().append_pair("applicationId", &app.id);
            }
            (app.client_secret.clone(), state.options.challenge_limit)
        };
        let asked = async {
            let answer = self.http().get(target).send().await.map_err(|_| "no answer".to_owned())?;
            let status = answer.status().as_u16();
            let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            let json = kind.is_some_and(|kind| kind.starts_with("application/json"));
            let body = answer.bytes().await.map_err(|_| "the answer broke off".to_owned())?;
            Ok::<_, String>((status, json, body))
        };
        let in_time = tokio::time::timeout(limit, asked).await;
        let (status, json, body) = in_time.map_err(|_| "no answer in time".to_owned())??;
        if status != 200 || !json || body.len() > MAX_ANSWER {
            return Err(format!("status {status}, JSON: {json}"));
        }
        let body: Value = serde_json::from_slice(&body).map_err(|_| "the answer is no JSON".to_owned())?;
        let right = sign::challenge_response(&secret, &code);
        if body["challengeCode"] != code.as_str() || body["challengeResponse"] != right.as_str() {
            return Err("the answer to the challenge is wrong".to_owned());
        }
        Ok(())
    }
}
