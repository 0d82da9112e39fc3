//! Who is connected, and the one task that feeds them.

use super::frames::{Frame, frames};
use hub_app::inbox::{self, Replay};
use hub_app::{App, Caller, Signal};
use hub_domain::{EventBody, HubEvent, UserId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Frames a slow client may be behind before it is told to come again.
const BUFFER: usize = 1_024;
/// Sockets of one user.
const MAX_SOCKETS: usize = 50;
/// Events rendered in one go.
const BATCH: usize = 256;
/// Events read from the log in one go.
const PAGE: u32 = 500;
/// Missed events that are still read one by one; who missed more loads afresh.
pub(super) const MAX_REPLAY: usize = 5_000;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Live(Arc<Inner>);

struct Inner {
    app: App,
    users: Mutex<HashMap<UserId, Connected>>,
    stop: CancellationToken,
    sessions: TaskTracker,
}

/// The sockets of one user.
#[derive(Default)]
struct Connected {
    sockets: Vec<Socket>,
    /// The newest offset that was handed out.
    latest: Option<i64>,
    next: u64,
}

/// One of them, as it is fed.
struct Socket {
    number: u64,
    /// The generation of the user's sessions it belongs to.
    generation: i32,
    frames: mpsc::Sender<Arc<Frame>>,
    ended: CancellationToken,
}

/// A socket's place; left when dropped.
pub(super) struct Seat {
    live: Live,
    user: UserId,
    number: u64,
    /// Ends when the client is too slow.
    pub(super) frames: mpsc::Receiver<Arc<Frame>>,
    /// Says that the session behind it is over.
    pub(super) ended: CancellationToken,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut users = self.live.0.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connected) = users.get_mut(&self.user) {
            connected.sockets.retain(|socket| socket.number != self.number);
            if connected.sockets.is_empty() {
                users.remove(&self.user);
            }
        }
    }
}

impl Live {
    pub(crate) fn new(app: App, stop: CancellationToken) -> Self {
        Self(Arc::new(Inner { app, users: Mutex::default(), stop, sessions: TaskTracker::new() }))
    }

    pub(super) fn app(&self) -> &App {
        &self.0.app
    }

    pub(super) fn stopping(&self) -> &CancellationToken {
        &self.0.stop
    }

    pub(super) fn sessions(&self) -> &TaskTracker {
        &self.0.sessions
    }

    /// Signed-in sockets, and the users behind them.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let users = self.0.users.lock().unwrap_or_else(PoisonError::into_inner);
        (users.values().map(|connected| connected.sockets.len()).sum(), users.len())
    }

    /// Waits for the sessions to say goodbye.
    pub(crate) async fn closed(&self) {
        self.0.sessions.close();
        let limit = std::time::Duration::from_secs(3);
        let _ = tokio::time::timeout(limit, self.0.sessions.wait()).await;
    }

    /// Takes a place; frames are kept from now on. `None` = the user has too many sockets.
    pub(super) fn join(&self, caller: &Caller) -> Option<Seat> {
        let (user, generation) = (caller.user_id, caller.generation);
        let mut users = self.0.users.lock().unwrap_or_else(PoisonError::into_inner);
        let connected = users.entry(user).or_default();
        if connected.sockets.len() >= MAX_SOCKETS {
            return None;
        }
        let (sender, frames) = mpsc::channel(BUFFER);
        let ended = CancellationToken::new();
        connected.next += 1;
        let number = connected.next;
        connected.sockets.push(Socket { number, generation, frames: sender, ended: ended.clone() });
        Some(Seat { live: self.clone(), user, number, frames, ended })
    }

    /// The renderer's task.
    pub(crate) async fn run(self) {
        let mut signals = self.0.app.bus().subscribe();
        loop {
            let signal = tokio::select! {
                signal = signals.next() => signal,
                () = self.0.stop.cancelled() => return,
            };
            let Some(signal) = signal else { return };
            let mut batch = vec![signal];
            while batch.len() < BATCH {
                match signals.try_next() {
                    Some(signal) => batch.push(signal),
                    None => break,
                }
            }
            let mut events = Vec::new();
            let mut lost = false;
            for signal in &batch {
                match &**signal {
                    Signal::Event(event) if self.latest(event.user_id).is_some() => events.push(event.clone()),
                    Signal::CatchUp => lost = true,
                    Signal::Event(_) | Signal::JobsReady => {}
                }
            }
            if lost {
                for user in self.users() {
                    self.catch_up(user).await;
                }
            }
            self.tell(events).await;
        }
    }

    /// The newest offset handed to a connected user; `Some(None)` before the first.
    #[expect(clippy::option_option, reason = "not connected, and connected but not told anything yet")]
    fn latest(&self, user: UserId) -> Option<Option<i64>> {
        let users = self.0.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.get(&user).map(|connected| connected.latest)
    }

    fn users(&self) -> Vec<UserId> {
        self.0.users.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// Notes where a user's log stands, unless more was handed out already.
    pub(super) fn note(&self, user: UserId, offset: i64) {
        let mut users = self.0.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connected) = users.get_mut(&user) {
            connected.latest.get_or_insert(offset);
        }
    }

    /// Hands events out in the order of each user's log. A gap means that a signal was lost or is late: the log fills it.
    async fn tell(&self, mut events: Vec<HubEvent>) {
        events.sort_by_key(|event| (event.user_id, event.offset));
        let mut next = Vec::with_capacity(events.len());
        let mut seen: HashMap<UserId, i64> = HashMap::new();
        for event in events {
            let latest = seen.get(&event.user_id).copied().or_else(|| self.latest(event.user_id).flatten());
            match latest {
                Some(latest) if event.offset <= latest => {}
                Some(latest) if event.offset > latest + 1 => {
                    self.render(std::mem::take(&mut next)).await;
                    self.catch_up(event.user_id).await;
                    if let Some(latest) = self.latest(event.user_id).flatten() {
                        seen.insert(event.user_id, latest.max(event.offset));
                    }
                }
                _ => {
                    seen.insert(event.user_id, event.offset);
                    next.push(event);
                }
            }
        }
        self.render(next).await;
    }

    /// Reads what a connected user missed.
    async fn catch_up(&self, user: UserId) {
        let Some(Some(mut latest)) = self.latest(user) else { return };
        loop {
            match inbox::events_after_for(&self.0.app, user, latest, PAGE).await {
                Ok(Replay::Events(events)) => {
                    let full = events.len() as u64 == u64::from(PAGE);
                    if let Some(last) = events.last() {
                        latest = last.offset;
                    }
                    self.render(events).await;
                    if !full {
                        return;
                    }
                }
                // Whoever is so far behind loads afresh.
                Ok(Replay::TooOld { latest }) => {
                    let frame = resync(latest);
                    return self.hand_out(user, latest, &[Arc::new(frame)]);
                }
                Err(error) => {
                    tracing::warn!(%error, "missed events could not be read; the next event tries again");
                    return;
                }
            }
        }
    }

    /// Takes the places of a user's sockets whose sessions are over.
    fn end_before(&self, user: UserId, generation: i32) {
        let mut users = self.0.users.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(connected) = users.get_mut(&user) else { return };
        for over in connected.sockets.extract_if(.., |socket| socket.generation < generation) {
            over.ended.cancel();
        }
    }

    async fn render(&self, events: Vec<HubEvent>) {
        if events.is_empty() {
            return;
        }
        for event in &events {
            if let EventBody::SessionsEnded { generation } = event.body {
                self.end_before(event.user_id, generation);
            }
        }
        let views = match inbox::views(&self.0.app, &events).await {
            Ok(views) => views,
            Err(error) => {
                // Nothing was noted as handed out, so the next event finds the gap and fills it.
                tracing::warn!(%error, "events could not be rendered; the next event tries again");
                return;
            }
        };
        let now = self.0.app.now();
        let mut shown: HashMap<(UserId, i64), Vec<Arc<Frame>>> = HashMap::with_capacity(views.len());
        for view in &views {
            let rendered = frames(view, now).into_iter().map(Arc::new).collect();
            shown.insert((view.event.user_id, view.event.offset), rendered);
        }
        for event in events {
            let frames = shown.remove(&(event.user_id, event.offset)).unwrap_or_default();
            self.hand_out(event.user_id, event.offset, &frames);
        }
    }

    fn hand_out(&self, user: UserId, offset: i64, frames: &[Arc<Frame>]) {
        let mut users = self.0.users.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(connected) = users.get_mut(&user) else { return };
        connected.latest = connected.latest.max(Some(offset));
        // A full buffer means a client that does not read: its place is taken away, and it is told to come again.
        connected.sockets.retain(|socket| frames.iter().all(|frame| socket.frames.try_send(frame.clone()).is_ok()));
    }

    /// The frames a returning client missed after `since`, or where it must begin afresh.
    pub(super) async fn missed(&self, caller: &Caller, since: i64) -> hub_app::Result<Missed> {
        let mut found = Vec::new();
        let mut latest = since;
        loop {
            match inbox::events_after(&self.0.app, caller, latest, PAGE).await? {
                Replay::TooOld { latest } => return Ok(Missed { frames: vec![Arc::new(resync(latest))], latest }),
                Replay::Events(events) => {
                    let full = events.len() as u64 == u64::from(PAGE);
                    latest = events.last().map_or(latest, |event| event.offset);
                    found.extend(events);
                    if !full {
                        break;
                    }
                }
            }
            if found.len() > MAX_REPLAY {
                let latest = inbox::latest_offset(&self.0.app, caller).await?;
                return Ok(Missed { frames: vec![Arc::new(resync(latest))], latest });
            }
        }
        let now = self.0.app.now();
        let views = inbox::views(&self.0.app, &found).await?;
        let frames = views.iter().flat_map(|view| frames(view, now)).map(Arc::new).collect();
        Ok(Missed { frames, latest })
    }
}

/// What a returning client missed.
pub(super) struct Missed {
    pub(super) frames: Vec<Arc<Frame>>,
    pub(super) latest: i64,
}

/// Tells a client to load afresh and to go on from `latest`.
fn resync(latest: i64) -> Frame {
    Frame::new("resync", serde_json::json!({"latest": latest, "offset": latest}), latest)
}
