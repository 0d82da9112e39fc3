//! The raw socket `/ws/messages/` (realtime contract, section 3).

use super::session::{NoSession, Session};
use crate::failure::{Failure, Result};
use crate::front::Front;
use crate::validate::Query;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use hub_app::{Caller, auth};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// Largest frame a client may send, in bytes.
const MAX_FRAME: usize = 64 * 1024;
/// Pause between protocol pings.
const PING: Duration = Duration::from_secs(25);
/// A client that answers nothing for this long is gone.
const SILENCE: Duration = Duration::from_mins(1);
/// The longest one frame may take to leave.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// Close codes: a bad token (contract), too many sockets, too slow, going away, try again.
const BAD_TOKEN: u16 = 4001;
const TOO_MANY: u16 = 4029;
const TOO_SLOW: u16 = 4008;
const GOING_AWAY: u16 = 1001;
const TRY_AGAIN: u16 = 1013;

/// Opens a socket. A bad token is told by a close code, because browsers cannot see a refused handshake.
pub(crate) async fn open(
    State(front): State<Front>,
    headers: HeaderMap,
    uri: Uri,
    upgrade: std::result::Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response> {
    let upgrade = upgrade.map_err(|_| Failure::not_found("Route not found"))?;
    if let Some(origin) = headers.get(header::ORIGIN) {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        if !origin.to_str().is_ok_and(|origin| front.is_own_or_listed(origin, host)) {
            return Err(Failure::new(StatusCode::FORBIDDEN, "FORBIDDEN", "Origin not allowed"));
        }
    }
    let query = Query::of(&uri);
    let caller = query.get("token").and_then(|token| auth::authenticate(&front.app, token).ok());
    let since = query.get("since").and_then(|since| since.parse().ok());
    let live = front.live.clone();
    Ok(upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME).on_upgrade(move |socket| {
        let sessions = live.sessions().clone();
        sessions.track_future(async move {
            match caller {
                Some(caller) => talk(&front, socket, caller, since).await,
                None => close(socket, BAD_TOKEN, "invalid token").await,
            }
        })
    }))
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let farewell = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
    let _ = tokio::time::timeout(WRITE_LIMIT, socket.send(farewell)).await;
}

async fn talk(front: &Front, socket: WebSocket, caller: Caller, since: Option<i64>) {
    let (mut session, missed) = match Session::begin(&front.live, caller, since).await {
        Ok(begun) => begun,
        Err(NoSession::Ended) => return close(socket, BAD_TOKEN, "invalid token").await,
        Err(NoSession::TooMany) => return close(socket, TOO_MANY, "too many sockets").await,
        Err(NoSession::Unavailable) => return close(socket, TRY_AGAIN, "try again").await,
    };
    tracing::debug!(user = %session.caller().user_id, "socket opened");
    let (mut out, mut incoming) = socket.split();
    let mut send =
        async |message: Message| matches!(tokio::time::timeout(WRITE_LIMIT, out.send(message)).await, Ok(Ok(())));
    let hello = json!({"event": "authenticated", "data": session.greeting()}).to_string();
    let mut open = send(Message::text(hello)).await;
    for frame in missed {
        open = open && send(Message::text(frame.text())).await;
    }
    let mut ping = tokio::time::interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let mut farewell = None;
    while open {
        tokio::select! {
            frame = session.next() => if let Some(frame) = frame {
                open = send(Message::text(frame.text())).await;
            } else {
                farewell = Some(if session.is_over() { (BAD_TOKEN, "session ended") } else { (TOO_SLOW, "too slow") });
                break;
            },
            message = incoming.next() => {
                let Some(Ok(message)) = message else { return };
                heard = Instant::now();
                match reaction(&message) {
                    Reaction::None => {}
                    Reaction::End => return,
                    Reaction::Say(text) => open = send(Message::text(text)).await,
                    Reaction::Resume(offset) => for frame in session.resume(offset).await {
                        open = open && send(Message::text(frame.text())).await;
                    },
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > SILENCE { return }
                open = send(Message::Ping(bytes::Bytes::new())).await;
            }
            () = front.live.stopping().cancelled() => { farewell = Some((GOING_AWAY, "going away")); break }
        }
    }
    if let Some((code, reason)) = farewell {
        send(Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }))).await;
    }
}

enum Reaction {
    None,
    End,
    Say(String),
    Resume(i64),
}

fn reaction(message: &Message) -> Reaction {
    let invalid = || Reaction::Say(json!({"event": "error", "data": {"message": "Invalid message"}}).to_string());
    match message {
        Message::Ping(_) | Message::Pong(_) => Reaction::None,
        Message::Close(_) => Reaction::End,
        Message::Binary(_) => invalid(),
        Message::Text(text) => {
            let Ok(Value::Object(frame)) = serde_json::from_str(text.as_str()) else { return invalid() };
            match frame.get("event").and_then(Value::as_str) {
                Some("ping") => {
                    let timestamp = frame.get("timestamp").cloned().unwrap_or_default();
                    Reaction::Say(json!({"event": "pong", "timestamp": timestamp}).to_string())
                }
                Some("resume") => {
                    let offset = frame.get("data").and_then(|data| data.get("offset")).and_then(Value::as_i64);
                    offset.map_or_else(invalid, Reaction::Resume)
                }
                _ => Reaction::None,
            }
        }
    }
}
