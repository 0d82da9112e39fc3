//! Everything the simulator knows.

use super::TelegramUserOptions;
use super::account::Account;
use super::calls::{Call, Refusal};
use super::faults::Faults;
use super::methods::{Attempt, LoginToken};
use super::wire::{Key, Outgoing, Unwrapped};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The data centres.
pub(super) const DCS: std::ops::RangeInclusive<i32> = 1..=5;
/// Calls remembered at most.
const MAX_CALLS: usize = 50_000;

/// What a program needs to be a client: an address that serves every data centre, and a key for each of them.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its number.
    pub id: u64,
    /// The data centre to begin with.
    pub home_dc: i32,
    /// Where all data centres answer.
    pub address: SocketAddr,
    /// Data centre and authorization key.
    pub keys: Vec<(i32, [u8; 256])>,
}

/// A key and what it opens.
#[derive(Clone, Debug)]
pub(super) struct KeyState {
    pub(super) key: Key,
    pub(super) dc: i32,
    pub(super) device: u64,
    /// Who is signed in with it.
    pub(super) account: Option<i64>,
    /// Whose code was right, and whose password is still wanted.
    pub(super) half: Option<i64>,
    /// The application that used it last, and what it calls the machine it runs on.
    pub(super) introduced: Option<(i32, String)>,
    /// Every call hears this.
    pub(super) refusal: Option<Refusal>,
}

/// A connection that lives.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) key: [u8; 8],
    pub(super) queue: mpsc::Sender<Outgoing>,
    pub(super) cut: CancellationToken,
    /// It made a call, and wants to be told things.
    pub(super) listens: bool,
}

/// A connection that was entered.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) connection: u64,
    pub(super) key: Key,
}

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub(super) options: TelegramUserOptions,
    /// By the key's id.
    pub(super) keys: HashMap<[u8; 8], KeyState>,
    pub(super) accounts: BTreeMap<i64, Account>,
    pub(super) connections: BTreeMap<u64, Live>,
    /// Sign-ins under way, by their hash.
    pub(super) attempts: HashMap<String, Attempt>,
    /// Pictures that wait to be scanned, by their token.
    pub(super) login_tokens: HashMap<Vec<u8>, LoginToken>,
    /// Sign-ins on their way to another data centre: whose they are, and their secret.
    pub(super) exported: HashMap<i64, (i64, Vec<u8>)>,
    pub(super) faults: Faults,
    pub(super) calls: VecDeque<Call>,
    /// Connections that ever were.
    pub(super) connected: u64,
    /// Pings that ever came.
    pub(super) pings: u64,
    /// Connections with one key that were in use at a time, at most.
    pub(super) most_at_once: usize,
    counter: u64,
}

impl World {
    pub(super) fn new(options: TelegramUserOptions) -> Self {
        Self {
            options,
            keys: HashMap::new(),
            accounts: BTreeMap::new(),
            connections: BTreeMap::new(),
            attempts: HashMap::new(),
            login_tokens: HashMap::new(),
            exported: HashMap::new(),
            faults: Faults::default(),
            calls: VecDeque::new(),
            connected: 0,
            pings: 0,
            most_at_once: 0,
            counter: 0,
        }
    }

    /// A number that was not there before.
    pub(super) fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A device that is signed in nowhere.
    pub(super) fn device(&mut self, address: SocketAddr, home_dc: i32) -> std::io::Result<Device> {
        let id = self.number();
        let mut keys = Vec::new();
        for dc in DCS {
            let key = Key::generate()?;
            keys.push((dc, key.data()));
            let state = KeyState {
                key: key.clone(),
                dc,
                device: id,
                account: None,
                half: None,
                introduced: None,
                refusal: None,
            };
            self.keys.insert(key.id(), state);
        }
        Ok(Device { id, home_dc, address, keys })
    }

    pub(super) fn key(&self, id: [u8; 8]) -> Option<Key> {
        Some(self.keys.get(&id)?.key.clone())
    }

    /// Enters a connection.
    pub(super) fn join(&mut self, key: Key, queue: mpsc::Sender<Outgoing>, cut: CancellationToken) -> Joined {
        let connection = self.number();
        self.connected += 1;
        self.connections.insert(connection, Live { key: key.id(), queue, cut, listens: false });
        Joined { connection, key }
    }

    pub(super) fn leave(&mut self, connection: u64) {
        self.connections.remove(&connection);
    }

    /// Another connection that is older uses the same key, and that matters.
    pub(super) fn shares_its_key(&self, connection: u64) -> bool {
        let Some(own) = self.connections.get(&connection) else { return false };
        self.options.one_connection_per_key
            && self.connections.range(..connection).any(|(_, other)| other.key == own.key && !other.cut.is_cancelled())
    }

    /// A connection begins to be used, beside those that use its key already.
    pub(super) fn in_use(&mut self, connection: u64) {
        let Some(own) = self.connections.get(&connection).map(|live| live.key) else { return };
        let using = self.connections.values().filter(|live| live.key == own && !live.cut.is_cancelled()).count();
        self.most_at_once = self.most_at_once.max(using);
    }

    /// Ends the session of a key that two programs use.
    pub(super) fn destroy_for_duplicate(&mut self, connection: u64) {
        let Some(key) = self.connections.get(&connection).map(|live| live.key) else { return };
        let Some(device) = self.keys.get(&key).map(|state| state.device) else { return };
        self.refuse_device(device, &Refusal::new(406, "AUTH_KEY_DUPLICATED"));
    }

    /// Everything that a device asks for is refused from now on.
    pub(super) fn refuse_device(&mut self, device: u64, refusal: &Refusal) {
        for state in self.keys.values_mut().filter(|state| state.device == device) {
            state.refusal = Some(refusal.clone());
        }
    }

    /// The device's keys are signed in nowhere any longer.
    pub(super) fn sign_out(&mut self, device: u64) {
        for state in self.keys.values_mut().filter(|state| state.device == device) {
            state.account = None;
            state.half = None;
        }
    }

    /// A device's keys are not known any longer.
    pub(super) fn forget_keys(&mut self, device: u64) {
        for live in self.connections.values() {
            if self.keys.get(&live.key).is_some_and(|state| state.device == device) {
                live.cut.cancel();
            }
        }
        self.keys.retain(|_, state| state.device != device);
    }

    /// A call came over a connection.
    pub(super) fn introduced(&mut self, connection: u64, call: &Unwrapped) {
        if let Some(live) = self.connections.get_mut(&connection) {
            live.listens = !call.without_updates;
        }
        if let (Some(api_id), Some(device), Some(key)) = (call.api_id, &call.device, self.key_of(connection)) {
            key.introduced = Some((api_id, device.clone()));
        }
    }

    /// The key that a connection uses.
    pub(super) fn key_of(&mut self, connection: u64) -> Option<&mut KeyState> {
        let key = self.connections.get(&connection)?.key;
        self.keys.get_mut(&key)
    }

    pub(super) fn note(&mut self, call: Call) {
        if self.calls.len() >= MAX_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    /// Cuts the connections of an account's devices; of everybody when no account is named.
    pub(super) fn cut(&mut self, account: Option<i64>) {
        for live in self.connections.values() {
            let owner = self.keys.get(&live.key).and_then(|state| state.account);
            if account.is_none() || owner == account {
                live.cut.cancel();
            }
        }
    }
}
