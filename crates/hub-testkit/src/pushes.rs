//! What the hub tells an open client, in order, over either of its sockets.

use crate::{Client, PATIENCE};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// A push: its name and its data.
pub type Push = (String, Value);

/// One of the two sockets of one user.
#[derive(Debug)]
pub struct Pushes {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Socket.IO packs events into packets, and asks whether somebody is there.
    packed: bool,
}

impl Pushes {
    /// Opens the raw socket; everything after this comes.
    pub async fn open(user: &Client) -> Self {
        let mut pushes = Self::knock(user).await;
        while pushes.next().await.0 != "authenticated" {}
        pushes
    }

    /// Opens the raw socket without waiting to be let in.
    pub async fn knock(user: &Client) -> Self {
        Self::connect(user, &format!("/ws/messages/?token={}", user.token()), false).await
    }

    /// Opens Socket.IO; everything after this comes.
    pub async fn open_socket_io(user: &Client) -> Self {
        let mut pushes = Self::connect(user, "/socket.io/?EIO=4&transport=websocket", true).await;
        let handshake = pushes.packet().await;
        assert!(handshake.starts_with("0{"), "the engine's handshake: {handshake}");
        pushes.write("40".to_owned()).await;
        let namespace = pushes.packet().await;
        assert!(namespace.starts_with("40"), "the namespace: {namespace}");
        pushes.write(format!("42{}", json!(["authenticate", {"token": user.token()}]))).await;
        while pushes.next().await.0 != "authenticated" {}
        pushes
    }

    async fn connect(user: &Client, path: &str, packed: bool) -> Self {
        let base = user.base().replacen("http", "ws", 1);
        let (socket, _) = tokio_tungstenite::connect_async(format!("{base}{path}")).await.expect("the socket opens");
        Self { socket, packed }
    }

    async fn write(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.expect("sent");
    }

    /// The next text of the socket.
    async fn frame(&mut self) -> String {
        let next = async {
            loop {
                match self.socket.next().await.expect("open").expect("readable") {
                    Message::Text(text) => return text.to_string(),
                    Message::Close(frame) => panic!("closed: {frame:?}"),
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("a push in time")
    }

    /// The next packet; a ping of Socket.IO may come at any time and is answered.
    async fn packet(&mut self) -> String {
        loop {
            let frame = self.frame().await;
            if !(self.packed && frame == "2") {
                return frame;
            }
            self.write("3".to_owned()).await;
        }
    }

    /// The next push: name and data.
    pub async fn next(&mut self) -> Push {
        loop {
            let frame = self.packet().await;
            if !self.packed {
                let frame: Value = serde_json::from_str(&frame).expect("JSON");
                return (frame["event"].as_str().unwrap_or_default().to_owned(), frame["data"].clone());
            }
            if let Some(event) = frame.strip_prefix("42") {
                let event: Value = serde_json::from_str(event).expect("JSON");
                return (event[0].as_str().unwrap_or_default().to_owned(), event[1].clone());
            }
        }
    }

    /// Waits until the hub closes the socket; gives its code, if it said one, and the text of the last packet before.
    pub async fn farewell(mut self) -> (Option<u16>, String) {
        let closed = async {
            let mut last = String::new();
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) if self.packed && text.as_str() == "2" => {
                        self.write("3".to_owned()).await;
                    }
                    // The end of the namespace.
                    Some(Ok(Message::Text(text))) if self.packed && text.as_str() == "41" => return (None, last),
                    Some(Ok(Message::Text(text))) => last = text.to_string(),
                    Some(Ok(Message::Close(frame))) => return (frame.map(|frame| frame.code.into()), last),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return (None, last),
                }
            }
        };
        tokio::time::timeout(PATIENCE, closed).await.expect("closed in time")
    }

    /// Everything up to and with the message that says `words`.
    pub async fn up_to_message(&mut self, words: &str) -> Vec<Push> {
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
