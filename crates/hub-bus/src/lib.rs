//! The bell: tells open clients and waiting workers that something was committed. What it carries may be lost; the truth
//! is in the database, and a listener that missed something is told to look there.
//!
//! In one process it is a broadcast channel. With Redis, every process also hears the others.

mod redis_link;

use hub_domain::{Committed, HubEvent};
use redis::TlsCertificates;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

/// Signals kept for a slow listener before it is told to catch up instead.
const BACKLOG: usize = 8_192;
/// Signals waiting to go out to other processes; beyond it the others are told to catch up.
const OUTGOING: usize = 8_192;

/// Something a listener should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Committed, with its offset.
    Event(HubEvent),
    /// Jobs were committed: look now instead of at the next poll.
    JobsReady,
    /// Signals were lost: whoever counts on them must read the database.
    CatchUp,
}

/// Publishes and subscribes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    local: broadcast::Sender<Arc<Signal>>,
    remote: Option<mpsc::Sender<Arc<Signal>>>,
    linked: Arc<AtomicBool>,
}

/// Why a bus could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The address of Redis is not usable.
    #[error("REDIS_URL is not usable: {0}")]
    BadUrl(String),
}

impl Bus {
    /// Reaches this process only.
    pub fn local() -> Self {
        Self { local: broadcast::Sender::new(BACKLOG), remote: None, linked: Arc::default() }
    }

    /// Reaches every process on this Redis. Redis may be away: the link comes back by itself and then says
    /// [`Signal::CatchUp`]. Behind `rediss://` its certificate is checked: against the authorities in `authority` (PEM), else
    /// against the system's. Ends with `stop`.
    pub fn redis(url: &str, authority: Option<Vec<u8>>, stop: CancellationToken) -> Result<Self, BusError> {
        let client = match authority {
            Some(root_cert) => {
                redis::Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
            }
            None => redis::Client::open(url),
        };
        let client = client.map_err(|e| BusError::BadUrl(e.to_string()))?;
        let local = broadcast::Sender::new(BACKLOG);
        let (remote, outgoing) = mpsc::channel(OUTGOING);
        let linked = Arc::new(AtomicBool::new(false));
        redis_link::start(client, local.clone(), outgoing, linked.clone(), stop);
        Ok(Self { local, remote: Some(remote), linked })
    }

    /// True while other processes are heard through Redis.
    pub fn is_linked(&self) -> bool {
        self.linked.load(Ordering::Relaxed)
    }

    /// Tells everybody what was committed. Takes nothing but a commit's own events.
    pub fn publish(&self, committed: Committed) {
        for event in committed.into_events() {
            self.send(Signal::Event(event));
        }
    }

    /// Wakes workers after jobs were committed.
    pub fn wake_workers(&self) {
        self.send(Signal::JobsReady);
    }

    /// Listens from now on.
    pub fn subscribe(&self) -> Listener {
        Listener { receiver: self.local.subscribe() }
    }

    fn send(&self, signal: Signal) {
        let signal = Arc::new(signal);
        if let Some(remote) = &self.remote
            && remote.try_send(signal.clone()).is_err()
        {
            tracing::warn!("the link to other processes is full; they will catch up from the database");
        }
        // No listener is no error: nobody has a page open.
        let _ = self.local.send(signal);
    }
}

/// One listener.
#[derive(Debug)]
pub struct Listener {
    receiver: broadcast::Receiver<Arc<Signal>>,
}

impl Listener {
    /// The next signal; `None` once the bus is gone. A listener that fell behind gets [`Signal::CatchUp`].
    pub async fn next(&mut self) -> Option<Arc<Signal>> {
        match self.receiver.recv().await {
            Ok(signal) => Some(signal),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Arc::new(Signal::CatchUp)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// A signal that is already there.
    pub fn try_next(&mut self) -> Option<Arc<Signal>> {
        match self.receiver.try_recv() {
            Ok(signal) => Some(signal),
            Err(broadcast::error::TryRecvError::Lagged(_)) => Some(Arc::new(Signal::CatchUp)),
            Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => None,
        }
    }
}
