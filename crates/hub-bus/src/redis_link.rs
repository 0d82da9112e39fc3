//! The link to the other processes: one Redis channel, one task that sends, one that listens. Pub/sub has no replay, so
//! after every reconnect listeners are told to catch up from the database.

use crate::Signal;
use futures_util::StreamExt;
use redis::AsyncCommands;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

const CHANNEL: &str = "hub:signals";
/// Pause before the link is tried again.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);
/// Longest wait for one command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Serialize, Deserialize)]
struct Envelope {
    /// The process it came from, so that its own echo is dropped.
    from: String,
    signal: Signal,
}

pub(crate) fn start(
    client: redis::Client,
    local: broadcast::Sender<Arc<Signal>>,
    outgoing: mpsc::Receiver<Arc<Signal>>,
    linked: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    let me = process_mark();
    tokio::spawn(stop.clone().run_until_cancelled_owned(send_all(client.clone(), me.clone(), outgoing)));
    tokio::spawn(stop.run_until_cancelled_owned(listen(client, me, local, linked)));
}

/// Unlikely to be shared by two processes on one Redis: pid, start time and a counter.
fn process_mark() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    format!("{}-{nanos}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

async fn send_all(client: redis::Client, me: String, mut outgoing: mpsc::Receiver<Arc<Signal>>) {
    let mut link: Option<redis::aio::MultiplexedConnection> = None;
    while let Some(signal) = outgoing.recv().await {
        let Ok(text) = serde_json::to_string(&Envelope { from: me.clone(), signal: (*signal).clone() }) else {
            continue;
        };
        if link.is_none() {
            link = match tokio::time::timeout(COMMAND_TIMEOUT, client.get_multiplexed_async_connection()).await {
                Ok(Ok(connection)) => Some(connection),
                // Lost: the others poll the database once a second anyway.
                Ok(Err(_)) | Err(_) => None,
            };
        }
        if let Some(connection) = &mut link {
            let sent = tokio::time::timeout(COMMAND_TIMEOUT, connection.publish::<_, _, ()>(CHANNEL, text)).await;
            if !matches!(sent, Ok(Ok(()))) {
                link = None;
            }
        }
    }
}

async fn listen(client: redis::Client, me: String, local: broadcast::Sender<Arc<Signal>>, linked: Arc<AtomicBool>) {
    let mut is_known_away = false;
    loop {
        match subscribed(&client).await {
            Ok(mut subscriber) => {
                is_known_away = false;
                linked.store(true, Ordering::Relaxed);
                let _ = local.send(Arc::new(Signal::CatchUp));
                let mut stream = subscriber.on_message();
                while let Some(message) = stream.next().await {
                    let Ok(text) = message.get_payload::<String>() else { continue };
                    match serde_json::from_str::<Envelope>(&text) {
                        Ok(envelope) if envelope.from != me => {
                            let _ = local.send(Arc::new(envelope.signal));
                        }
                        Ok(_) => {}
                        Err(_) => tracing::warn!("a signal of another version was skipped"),
                    }
                }
                linked.store(false, Ordering::Relaxed);
                tracing::warn!("the link to Redis broke; trying again");
            }
            // Once, not at every try.
            Err(error) if !is_known_away => {
                is_known_away = true;
                tracing::warn!(%error, "Redis cannot be reached; trying again");
            }
            Err(_) => {}
        }
        tokio::time::sleep(RECONNECT_PAUSE).await;
    }
}

async fn subscribed(client: &redis::Client) -> redis::RedisResult<redis::aio::PubSub> {
    let mut subscriber = client.get_async_pubsub().await?;
    subscriber.subscribe(CHANNEL).await?;
    Ok(subscriber)
}
