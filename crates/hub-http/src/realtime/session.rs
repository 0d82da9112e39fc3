//! What both transports share: joining without a gap or a double, and going on from an offset.

use super::frames::Frame;
use super::live::{Live, Seat};
use hub_app::{Caller, auth, inbox};
use serde_json::{Value, json};
use std::sync::Arc;

/// A signed-in socket.
pub(super) struct Session {
    live: Live,
    caller: Caller,
    seat: Seat,
    /// Frames up to this offset were sent, or are known to the client.
    sent: i64,
}

/// Why a session could not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoSession {
    /// The user has too many sockets.
    TooMany,
    /// The database is away.
    Unavailable,
    /// The session behind the token is over.
    Ended,
}

impl Session {
    /// Joins. The place is taken first and the log is read second, so nothing falls between; what is in both is dropped by
    /// its offset.
    pub(super) async fn begin(
        live: &Live,
        caller: Caller,
        since: Option<i64>,
    ) -> Result<(Self, Vec<Arc<Frame>>), NoSession> {
        let seat = live.join(&caller).ok_or(NoSession::TooMany)?;
        let (missed, sent) = if let Some(since) = since {
            let missed = live.missed(&caller, since).await.map_err(|_| NoSession::Unavailable)?;
            (missed.frames, missed.latest)
        } else {
            let latest = inbox::latest_offset(live.app(), &caller).await.map_err(|_| NoSession::Unavailable)?;
            (Vec::new(), latest)
        };
        // Asked after the log was read: an end that comes later has a place behind it, and closes this one.
        if !auth::stands(live.app(), &caller).await.map_err(|_| NoSession::Unavailable)? {
            return Err(NoSession::Ended);
        }
        live.note(caller.user_id, sent);
        Ok((Self { live: live.clone(), caller, seat, sent }, missed))
    }

    /// What the client is told first.
    pub(super) fn greeting(&self) -> Value {
        json!({"userId": self.caller.user_id, "email": self.caller.email, "realtime": true, "offset": self.sent})
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// True when it was ended.
    pub(super) fn is_over(&self) -> bool {
        self.seat.ended.is_cancelled()
    }

    /// The next frame; `None` when the client was too slow, or the session is over.
    pub(super) async fn next(&mut self) -> Option<Arc<Frame>> {
        loop {
            let frame = tokio::select! {
                biased;
                () = self.seat.ended.cancelled() => return None,
                frame = self.seat.frames.recv() => frame?,
            };
            // All frames of one event share its offset, so the last one sent may have siblings; older ones were replayed.
            if frame.offset > self.sent {
                return Some(frame);
            }
        }
    }

    /// What happened after `offset`, again.
    pub(super) async fn resume(&mut self, offset: i64) -> Vec<Arc<Frame>> {
        match self.live.missed(&self.caller, offset).await {
            Ok(missed) => {
                self.sent = self.sent.max(missed.latest);
                missed.frames
            }
            Err(error) => {
                tracing::warn!(%error, "missed events could not be read");
                Vec::new()
            }
        }
    }
}
