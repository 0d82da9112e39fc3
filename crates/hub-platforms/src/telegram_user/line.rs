//! The open line of one account: updates come in, calls go out. What a page told counts as taken only when the next reading comes
//! with that page's cursor.

use super::connection::Connection;
use super::cursor::Cursor;
use super::kept::{Kept, Told};
use super::mapping;
use super::peers::Names;
use super::session::OwnSession;
use super::{errors, past};
use bytes::Bytes;
use grammers_mtsender::{InvocationError, UpdatesConfiguration, UpdatesReceiver};
use grammers_session::types::{PeerId, PeerInfo, UpdatesState};
use grammers_tl_types as tl;
use hub_platform_kit::platform::{HistoryPage, Parsed};
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Batches of updates that may wait to be read.
const WAITING_BATCHES: usize = 64;
/// Events after which a page is not made longer.
const FULL_PAGE: usize = 100;
/// Attempts to hear on after the connection broke, and the pauses before them.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// What the stream said at once.
struct Batch {
    updates: Vec<tl::enums::Update>,
    users: Vec<tl::enums::User>,
    chats: Vec<tl::enums::Chat>,
    /// Where the stream is after it.
    state: UpdatesState,
}

/// The open line of one account. Ends when dropped.
pub(super) struct Line {
    /// Calls go out here.
    pub(super) connection: Connection,
    /// The account's own id.
    pub(super) me: i64,
    names: Mutex<Names>,
    inbox: tokio::sync::Mutex<Inbox>,
    /// When somebody last read here.
    asked: Mutex<Instant>,
    feeder: JoinHandle<()>,
}

/// Where reading is.
struct Inbox {
    batches: mpsc::Receiver<std::result::Result<Batch, InvocationError>>,
    /// After everything that was told.
    cursor: Cursor,
    /// The cursor that the last page that was taken ended with.
    taken: Option<String>,
    /// The page after it, until it is taken.
    told: Option<HistoryPage>,
    /// When the past may be read on.
    past_at: Instant,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.feeder.abort();
    }
}

impl Line {
    /// Connects, sees that the person is still signed in, and listens from the cursor on; without one, from now on, with the past to
    /// be read first.
    pub(super) async fn open(session: OwnSession, api_id: i32, me: i64, cursor: Option<&str>) -> Result<Self> {
        if PeerId::user(me).is_none() {
            return Err(PlatformError::new(ErrorKind::ReauthRequired, "the account's id is none of Telegram's"));
        }
        let before = session.key_part();
        let (connection, updates) = Connection::new(session, api_id);
        let own = PeerInfo::User { id: me, auth: None, bot: Some(false), is_self: Some(true) };
        connection.session.remember(&own);
        let state = connection.call(&tl::functions::updates::GetState {}).await.map_err(|e| errors::meaning(&e))?;
        if connection.session.key_part().keys.get(&before.home) != before.keys.get(&before.home) {
            // The server had lost the key, and the library made another one that nobody is signed in with.
            return Err(PlatformError::new(ErrorKind::ReauthRequired, "You were signed out of Telegram."));
        }
        let mut names = Names::default();
        let start = if let Some(kept) = cursor {
            Cursor::read(kept)?
        } else {
            let mut start = Cursor::default();
            let channels = past::chats(&connection).await?.note(&connection.session, &mut names, &mut start);
            let tl::enums::updates::State::State(state) = state;
            let (pts, qts, date, seq) = (state.pts, state.qts, state.date, state.seq);
            start.heard(&UpdatesState { pts, qts, date, seq, channels });
            start.since = date;
            start
        };
        start.restore(&connection.session);
        let configuration = UpdatesConfiguration { catch_up: true };
        let receiver =
            UpdatesReceiver::create(connection.handle.clone(), connection.erased.clone(), updates, configuration);
        let receiver = receiver.await.map_err(|_| errors::line_broke())?;
        let (send, batches) = mpsc::channel(WAITING_BATCHES);
        let feeder = tokio::spawn(feed(receiver, connection.session.clone(), send));
        let inbox =
            Inbox { batches, cursor: start, taken: cursor.map(str::to_owned), told: None, past_at: Instant::now() };
        let (names, inbox) = (Mutex::new(names), tokio::sync::Mutex::new(inbox));
        Ok(Self { connection, me, names, inbox, asked: Mutex::new(Instant::now()), feeder })
    }

    /// False when nothing more will come.
    pub(super) fn lives(&self) -> bool {
        self.connection.lives() && !self.feeder.is_finished()
    }

    /// Ends it, and waits until the other side must have seen that. Whoever waits here is told.
    pub(super) async fn close(&self) {
        self.feeder.abort();
        self.connection.close().await;
    }

    /// Since when nobody has read here.
    pub(super) fn unread_for(&self) -> Duration {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Everybody's names.
    pub(super) fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn was_asked(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// The page after `cursor`; `None` when this line stands elsewhere and must be opened anew.
    pub(super) async fn page(
        &self,
        cursor: Option<&str>,
        wait: Duration,
        pace: Duration,
    ) -> Result<Option<HistoryPage>> {
        let mut inbox = self.inbox.lock().await;
        self.was_asked();
        if let Some(told) = inbox.told.take_if(|told| told.next.as_deref() == cursor) {
            inbox.taken = told.next;
        }
        if inbox.taken.as_deref() != cursor {
            return Ok(None);
        }
        if let Some(told) = &inbox.told {
            return Ok(Some(told.clone()));
        }
        let page = if cursor.is_none() {
            // Nothing is told yet, but from here on everything is.
            of_the_past(Vec::new(), Bytes::new(), &inbox.cursor, 0)
        } else if inbox.cursor.lost {
            let chats = past::chats(&self.connection).await?;
            chats.note(&self.connection.session, &mut self.names(), &mut inbox.cursor);
            inbox.cursor.lost = false;
            of_the_past(Vec::new(), Bytes::new(), &inbox.cursor, 0)
        } else if let Some(unread) = inbox.cursor.next_past() {
            tokio::time::sleep_until(inbox.past_at).await;
            let outcome = past::chat(self, unread, inbox.cursor.since).await;
            inbox.past_at = Instant::now() + pace;
            let (events, raw) = outcome?;
            inbox.cursor.has_read(unread.chat);
            of_the_past(events, raw, &inbox.cursor, 1)
        } else {
            self.live(&mut inbox, wait).await?
        };
        if page.next.is_some() {
            inbox.told = Some(page.clone());
        }
        self.was_asked();
        Ok(Some(page))
    }

    /// What happens within `wait`. Between taking something from the stream and keeping it as told nothing waits, so that a reading
    /// that is cut off loses nothing.
    async fn live(&self, inbox: &mut Inbox, wait: Duration) -> Result<HistoryPage> {
        let until = Instant::now() + wait;
        loop {
            let mut batch = match tokio::time::timeout_at(until, inbox.batches.recv()).await {
                Err(_) => return Ok(nothing()),
                Ok(None) => return Err(errors::line_broke()),
                Ok(Some(batch)) => batch.map_err(|error| errors::meaning(&error))?,
            };
            let (mut events, mut raw) = (Vec::new(), Vec::new());
            loop {
                self.take(inbox, batch, &mut events, &mut raw);
                if events.len() >= FULL_PAGE {
                    break;
                }
                batch = match inbox.batches.try_recv() {
                    Ok(Ok(more)) => more,
                    _ => break,
                };
            }
            let missed = inbox.cursor.lost || inbox.cursor.next_past().is_some();
            if !events.is_empty() || missed {
                let (next, more) = (Some(inbox.cursor.write()), missed || !inbox.batches.is_empty());
                let progress = missed.then(|| inbox.cursor.progress(0));
                let page = HistoryPage { events, raw: raw.into(), next, more, progress };
                inbox.told = Some(page.clone());
                return Ok(page);
            }
        }
    }

    fn take(&self, inbox: &mut Inbox, batch: Batch, events: &mut Vec<Parsed>, raw: &mut Vec<u8>) {
        let Batch { updates, users, chats, state } = batch;
        if updates.is_empty() {
            // Too much had happened to be told.
            inbox.cursor.jumped(&state);
        }
        let session = &self.connection.session;
        let places: Vec<i64> = updates.iter().filter_map(mapping::place).collect();
        let kept = Kept { told: Told::Live { date: state.date, updates }, users, chats };
        events.extend(kept.events(self.me, &mut self.names(), session));
        for chat in places {
            inbox.cursor.keep_peer(session, chat);
        }
        kept.write(raw);
        inbox.cursor.heard(&state);
    }
}

/// A page of the past, with which `read` more chats are read.
fn of_the_past(events: Vec<Parsed>, raw: Bytes, cursor: &Cursor, read: u32) -> HistoryPage {
    HistoryPage { events, raw, next: Some(cursor.write()), more: true, progress: Some(cursor.progress(read)) }
}

/// A wait in which nothing happened.
fn nothing() -> HistoryPage {
    HistoryPage { events: Vec::new(), raw: Bytes::new(), next: None, more: false, progress: None }
}

/// Hears the stream until the line ends.
async fn feed(
    mut receiver: UpdatesReceiver,
    session: std::sync::Arc<OwnSession>,
    send: mpsc::Sender<std::result::Result<Batch, InvocationError>>,
) {
    let mut pauses = PAUSES.iter();
    loop {
        match Box::pin(receiver.next()).await {
            Ok((updates, users, chats)) => {
                pauses = PAUSES.iter();
                // After one batch nothing else waits in the receiver, so its state is the one after this batch.
                if receiver.sync_update_state().await.is_err() {
                    return;
                }
                let updates = updates.into_iter().map(|(update, _)| update).collect();
                let batch = Batch { updates, users, chats, state: session.state() };
                if send.send(Ok(batch)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                let passing = !matches!(error, InvocationError::Rpc(_));
                let Some(pause) = pauses.next().filter(|_| passing && !send.is_closed()) else {
                    // Who reads hears of it, unless nobody does any more.
                    let _: std::result::Result<(), _> = send.send(Err(error)).await;
                    return;
                };
                tokio::time::sleep(*pause).await;
            }
        }
    }
}
