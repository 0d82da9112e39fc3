//! Where the library keeps a sign-in: in memory. The keys come from the sealed token, the rest from the cursor.

use super::keys::KeyPart;
use grammers_session::types::{ChannelState, DcOption, PeerId, PeerInfo, PeerKind, UpdateState, UpdatesState};
use grammers_session::{BoxFuture, Session, SessionData};
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Longest opening of a line.
pub(super) const OPEN_LIMIT: std::time::Duration = std::time::Duration::from_mins(1);
/// Peers remembered per account; members of large groups beyond that are only known while they speak.
const MAX_PEERS: usize = 50_000;

/// Where Telegram's data centres are, and which one a new sign-in asks first.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The first one asked.
    pub(super) home: i32,
    /// All of them.
    pub(super) centres: HashMap<i32, DcOption>,
}

impl Default for Places {
    /// The library's own list.
    fn default() -> Self {
        let known = SessionData::default();
        Self { home: known.home_dc, centres: known.dc_options }
    }
}

impl Places {
    /// A program that never spoke with Telegram.
    pub(super) fn fresh(&self) -> OwnSession {
        OwnSession::new(self.home, self.centres.clone())
    }

    /// A program that is signed in, or on its way there.
    pub(super) fn with(&self, part: &KeyPart) -> OwnSession {
        let mut centres = self.centres.clone();
        for centre in centres.values_mut() {
            centre.auth_key = part.keys.get(&centre.id).copied();
        }
        OwnSession::new(part.home, centres)
    }
}

/// A sign-in in memory.
pub(super) struct OwnSession(Mutex<SessionData>);

impl OwnSession {
    fn new(home_dc: i32, dc_options: HashMap<i32, DcOption>) -> Self {
        let updates_state = UpdatesState::default();
        Self(Mutex::new(SessionData { home_dc, dc_options, peer_infos: HashMap::new(), updates_state }))
    }

    fn data(&self) -> MutexGuard<'_, SessionData> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The data centre where the account lives.
    pub(super) fn home(&self) -> i32 {
        self.data().home_dc
    }

    /// The account lives elsewhere.
    pub(super) fn move_home(&self, centre: i32) {
        self.data().home_dc = centre;
    }

    /// Whether a data centre is known.
    pub(super) fn knows(&self, centre: i32) -> bool {
        self.data().dc_options.contains_key(&centre)
    }

    /// The keys it has now.
    pub(super) fn key_part(&self) -> KeyPart {
        let data = self.data();
        let keys = data.dc_options.values().filter_map(|centre| Some((centre.id, centre.auth_key?)));
        KeyPart { home: data.home_dc, keys: keys.collect::<BTreeMap<_, _>>() }
    }

    /// How far updates were heard.
    pub(super) fn state(&self) -> UpdatesState {
        self.data().updates_state.clone()
    }

    /// Hear updates on from here.
    pub(super) fn set_state(&self, state: UpdatesState) {
        self.data().updates_state = state;
    }

    /// Remembers a peer.
    pub(super) fn remember(&self, peer: &PeerInfo) {
        let mut data = self.data();
        if data.peer_infos.len() < MAX_PEERS || data.peer_infos.contains_key(&peer.id()) {
            data.peer_infos.entry(peer.id()).or_insert_with(|| peer.clone()).extend_info(peer);
        }
    }

    /// What is known of a peer.
    pub(super) fn known(&self, peer: PeerId) -> Option<PeerInfo> {
        let data = self.data();
        if peer == PeerId::self_user() {
            let own = |info: &&PeerInfo| matches!(info, PeerInfo::User { is_self: Some(true), .. });
            return data.peer_infos.values().find(own).cloned();
        }
        data.peer_infos.get(&peer).cloned()
    }

    /// The secret number of a person or a channel, by the form of the Bot API; small groups have none.
    pub(super) fn access_hash(&self, id: i64) -> Option<i64> {
        let peer = PeerId::from_bot_api_dialog_id(id)?;
        match peer.kind() {
            PeerKind::Chat => None,
            PeerKind::User | PeerKind::Channel => Some(self.known(peer)?.auth()?.hash()),
        }
    }
}

impl Session for OwnSession {
    type Error = Infallible;

    fn home_dc_id(&self) -> Result<i32, Infallible> {
        Ok(self.home())
    }

    fn set_home_dc_id(&self, dc_id: i32) -> BoxFuture<'_, Result<(), Infallible>> {
        self.move_home(dc_id);
        Box::pin(async { Ok(()) })
    }

    fn dc_option(&self, dc_id: i32) -> Result<Option<DcOption>, Infallible> {
        Ok(self.data().dc_options.get(&dc_id).cloned())
    }

    fn set_dc_option(&self, option: &DcOption) -> BoxFuture<'_, Result<(), Infallible>> {
        self.data().dc_options.insert(option.id, option.clone());
        Box::pin(async { Ok(()) })
    }

    fn peer(&self, peer: PeerId) -> BoxFuture<'_, Result<Option<PeerInfo>, Infallible>> {
        let info = self.known(peer);
        Box::pin(async { Ok(info) })
    }

    fn cache_peer(&self, peer: PeerInfo) -> BoxFuture<'_, Result<(), Infallible>> {
        self.remember(&peer);
        Box::pin(async { Ok(()) })
    }

    fn updates_state(&self) -> BoxFuture<'_, Result<UpdatesState, Infallible>> {
        let state = self.state();
        Box::pin(async { Ok(state) })
    }

    fn set_update_state(&self, update: UpdateState) -> BoxFuture<'_, Result<(), Infallible>> {
        let state = &mut self.data().updates_state;
        match update {
            UpdateState::All(all) => *state = all,
            UpdateState::Primary { pts, date, seq } => (state.pts, state.date, state.seq) = (pts, date, seq),
            UpdateState::Secondary { qts } => state.qts = qts,
            UpdateState::Channel { id, pts } => {
                state.channels.retain(|channel| channel.id != id);
                state.channels.push(ChannelState { id, pts });
            }
        }
        Box::pin(async { Ok(()) })
    }
}
