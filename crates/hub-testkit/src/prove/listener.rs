//! A client that listens, and comes back with the place it knows whenever the line or the hub breaks.

use super::actor::word;
use super::history::Pushed;
use crate::Client;
use futures_util::StreamExt;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

/// Pause before it comes back.
const PAUSE: Duration = Duration::from_millis(100);

/// Everything it heard, and where it is.
#[derive(Debug, Default)]
struct Heard {
    pushed: Vec<Pushed>,
    /// Changes of accounts: place, account, and how its channel stands.
    accounts: Vec<(i64, String, String)>,
    offset: Option<i64>,
}

/// The client. Ends when dropped.
#[derive(Debug)]
pub(super) struct Listener {
    heard: Arc<Mutex<Heard>>,
    end: CancellationToken,
}

impl Listener {
    /// Listens as `user`, whose token must outlive the run.
    pub(super) fn start(number: usize, user: &Client) -> Self {
        let (heard, end) = (Arc::new(Mutex::new(Heard::default())), CancellationToken::new());
        let (base, token) = (user.base().replacen("http", "ws", 1), user.token().to_owned());
        let (kept, ended) = (heard.clone(), end.clone());
        tokio::spawn(async move {
            while !ended.is_cancelled() {
                let since = kept.lock().unwrap().offset.map(|offset| format!("&since={offset}")).unwrap_or_default();
                let url = format!("{base}/ws/messages/?token={token}{since}");
                tokio::select! {
                    () = listen(number, &url, &kept) => {}
                    () = ended.cancelled() => return,
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
        Self { heard, end }
    }

    /// What it heard so far.
    pub(super) fn pushed(&self) -> Vec<Pushed> {
        self.heard.lock().unwrap().pushed.clone()
    }

    /// The place it has come to.
    pub(super) fn place(&self) -> i64 {
        self.heard.lock().unwrap().offset.unwrap_or_default()
    }

    /// How an account's channel stood each time it was told of behind a place.
    pub(super) fn told_of(&self, account: &str, place: i64) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let told = heard.accounts.iter().filter(|(at, of, _)| *at > place && of == account);
        told.map(|(_, _, state)| state.clone()).collect()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

async fn listen(number: usize, url: &str, heard: &Mutex<Heard>) {
    let Ok((mut socket, _)) = tokio_tungstenite::connect_async(url).await else { return };
    while let Some(Ok(frame)) = socket.next().await {
        let Message::Text(text) = frame else { continue };
        let Ok(frame) = serde_json::from_str::<Value>(&text) else { continue };
        let mut heard = heard.lock().unwrap();
        let Some(offset) = frame["offset"].as_i64().or_else(|| frame["data"]["offset"].as_i64()) else { continue };
        heard.offset = heard.offset.max(Some(offset));
        if frame["event"] == "account_update" {
            let account = &frame["data"]["account"];
            let (id, state) = (word(account, "id").to_owned(), word(account, "state").to_owned());
            heard.accounts.push((offset, id, state));
        }
        let message = &frame["data"]["message"];
        if frame["event"] == "new_message" && message["is_outgoing"] != true {
            let words = word(message, "content").to_owned();
            heard.pushed.push(Pushed { client: number, offset, words });
        }
    }
}
