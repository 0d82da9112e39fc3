//! What the hub tells an open client, in order.

use crate::{Client, PATIENCE};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// The raw socket of one user.
#[derive(Debug)]
pub struct Pushes {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Pushes {
    /// Opens it; everything after this comes.
    pub async fn open(user: &Client) -> Self {
        let base = user.base().replacen("http", "ws", 1);
        let url = format!("{base}/ws/messages/?token={}", user.token());
        let (socket, _) = tokio_tungstenite::connect_async(url).await.expect("the socket opens");
        let mut pushes = Self { socket };
        while pushes.next().await.0 != "authenticated" {}
        pushes
    }

    /// The next push: name and data.
    pub async fn next(&mut self) -> (String, Value) {
        let next = async {
            loop {
                match self.socket.next().await.expect("open").expect("readable") {
                    Message::Text(text) => return serde_json::from_str::<Value>(&text).expect("JSON"),
                    Message::Close(frame) => panic!("closed: {frame:?}"),
                    _ => {}
                }
            }
        };
        let frame = tokio::time::timeout(PATIENCE, next).await.expect("a push in time");
        (frame["event"].as_str().unwrap_or_default().to_owned(), frame["data"].clone())
    }

    /// Everything up to and with the message that says `words`.
    pub async fn up_to_message(&mut self, words: &str) -> Vec<(String, Value)> {
        let mut seen = Vec::new();
        loop {
            let (name, data) = self.next().await;
            let last = name == "new_message" && data["message"]["content"] == words;
            seen.push((name, data));
            if last {
                return seen;
            }
        }
    }
}
