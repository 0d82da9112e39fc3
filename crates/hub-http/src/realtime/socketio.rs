//! Socket.IO at `/socket.io/` (realtime contract, section 2). A connection is anonymous until it says who it is.

use super::session::{NoSession, Session};
use crate::front::Front;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use hub_app::auth::{self, AccessError};
use serde_json::{Value, json};
use socketioxide::SocketIo;
use socketioxide::extract::{SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::layer::SocketIoLayer;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The engine's handshake, as the contract prints it.
const PING_INTERVAL: Duration = Duration::from_secs(25);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
const MAX_PAYLOAD: u64 = 1_000_000;
/// A connection must say who it is within this time.
const SIGN_IN_LIMIT: Duration = Duration::from_secs(10);
/// A full transport is tried again after this long, so many times, before the client counts as too slow.
const RETRY: Duration = Duration::from_millis(50);
const RETRIES: u32 = 200;
/// Wishes of one client that may wait.
const WISHES: usize = 16;

/// The layer, and the handle that closes every connection.
pub(crate) fn layer(front: Front) -> (SocketIoLayer, SocketIo) {
    let (layer, io) = SocketIo::builder()
        .ping_interval(PING_INTERVAL)
        .ping_timeout(PING_TIMEOUT)
        .max_payload(MAX_PAYLOAD)
        .build_layer();
    let connected = |_: SocketRef| std::future::ready(());
    let prepared = move |socket: SocketRef| {
        prepare(&front, &socket);
        std::future::ready(Ok::<(), Infallible>(()))
    };
    io.ns("/", connected.with(prepared));
    (layer, io)
}

/// What one connection remembers.
#[derive(Default)]
struct Connection {
    /// Ends the feeding of the user it had before.
    feeding: Option<CancellationToken>,
    wishes: Option<mpsc::Sender<i64>>,
}

/// Runs before the client hears that it is connected, so that its first word finds the handlers in place. (What runs on the
/// connection itself is spawned, and may come too late.)
fn prepare(front: &Front, socket: &SocketRef) {
    let connection: Arc<Mutex<Connection>> = Arc::default();
    let gone = CancellationToken::new();
    socket.on("authenticate", {
        let (front, connection, gone) = (front.clone(), connection.clone(), gone.clone());
        move |socket: SocketRef, TryData(data): TryData<Value>| {
            let (front, connection, gone) = (front.clone(), connection.clone(), gone.clone());
            async move { authenticate(&front, socket, data.unwrap_or_default(), &connection, &gone).await }
        }
    });
    socket.on("resume", {
        let connection = connection.clone();
        move |TryData(data): TryData<Value>| {
            let offset = data.ok().and_then(|data| data.get("offset").and_then(Value::as_i64));
            let wishes = connection.lock().unwrap_or_else(PoisonError::into_inner).wishes.clone();
            async move {
                if let (Some(offset), Some(wishes)) = (offset, wishes) {
                    // A client that asks faster than it is answered asks in vain.
                    let _ = wishes.try_send(offset);
                }
            }
        }
    });
    socket.on_disconnect({
        let gone = gone.clone();
        move || {
            gone.cancel();
            std::future::ready(())
        }
    });
    let socket = socket.clone();
    front.live.sessions().spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(SIGN_IN_LIMIT) => {
                let signed_in = connection.lock().unwrap_or_else(PoisonError::into_inner).feeding.is_some();
                if !signed_in {
                    refuse(socket, "Authentication timeout", &gone).await;
                }
            }
            () = gone.cancelled() => {}
        }
    });
}

async fn refuse(socket: SocketRef, message: &str, gone: &CancellationToken) {
    say(&socket, "auth_error", &json!({"message": message}), gone).await;
    let _ = socket.disconnect();
}

async fn authenticate(
    front: &Front,
    socket: SocketRef,
    data: Value,
    connection: &Arc<Mutex<Connection>>,
    gone: &CancellationToken,
) {
    let caller = match data.get("token").and_then(Value::as_str) {
        None => Err(AccessError::Invalid),
        Some(token) => auth::authenticate(&front.app, token),
    };
    let caller = match caller {
        Ok(caller) => caller,
        Err(AccessError::Expired) => return refuse(socket, "Access token has expired", gone).await,
        Err(AccessError::Invalid) => return refuse(socket, "Invalid access token", gone).await,
    };
    let since = data.get("offset").and_then(Value::as_i64);
    let (session, missed) = match Session::begin(&front.live, caller, since).await {
        Ok(begun) => begun,
        Err(NoSession::Ended) => return refuse(socket, "Invalid access token", gone).await,
        Err(NoSession::TooMany) => return refuse(socket, "Too many connections", gone).await,
        Err(NoSession::Unavailable) => return refuse(socket, "Please try again", gone).await,
    };
    let end = gone.child_token();
    let (sender, wishes) = mpsc::channel(WISHES);
    let earlier = {
        let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.wishes = Some(sender);
        connection.feeding.replace(end.clone())
    };
    if let Some(earlier) = earlier {
        earlier.cancel();
    }
    let stop = front.live.stopping().clone();
    front.live.sessions().spawn(async move {
        let greeting = session.greeting();
        if !say(&socket, "authenticated", &greeting, &end).await {
            return;
        }
        for frame in missed {
            if !say(&socket, frame.name, &frame.data, &end).await {
                return;
            }
        }
        feed(socket, session, wishes, end, stop).await;
    });
}

async fn feed(
    socket: SocketRef,
    mut session: Session,
    mut wishes: mpsc::Receiver<i64>,
    end: CancellationToken,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            frame = session.next() => {
                let said = match frame {
                    Some(frame) => say(&socket, frame.name, &frame.data, &end).await,
                    None => false,
                };
                if session.is_over() {
                    return refuse(socket, "Session has ended", &end).await;
                }
                if !said {
                    // Too slow, or gone; a client that comes again names its offset and misses nothing.
                    let _ = socket.disconnect();
                    return;
                }
            }
            Some(offset) = wishes.recv() => for frame in session.resume(offset).await {
                if !say(&socket, frame.name, &frame.data, &end).await {
                    return;
                }
            },
            () = end.cancelled() => return,
            () = stop.cancelled() => return,
        }
    }
}

/// Hands a push to the transport, waiting a little while its buffer is full or the connection is still being made.
async fn say(socket: &SocketRef, name: &str, data: &Value, end: &CancellationToken) -> bool {
    for _ in 0..RETRIES {
        if end.is_cancelled() {
            return false;
        }
        if socket.emit(name, data).is_ok() {
            return true;
        }
        tokio::time::sleep(RETRY).await;
    }
    false
}

/// A client of another protocol version (contract, section 2).
pub(crate) async fn check_version(request: Request, next: Next) -> Response {
    match wrong_version(&request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    }
}

/// The engine itself would print the code as a text.
fn wrong_version(request: &Request) -> Option<Response> {
    if !request.uri().path().starts_with("/socket.io") {
        return None;
    }
    let query = crate::validate::Query::of(request.uri());
    if query.get("EIO").is_some_and(|version| version == "4") {
        return None;
    }
    let mut response = Response::new(axum::body::Body::from(r#"{"code":5,"message":"Unsupported protocol version"}"#));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(response)
}
