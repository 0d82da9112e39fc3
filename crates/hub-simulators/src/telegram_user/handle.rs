//! Starting the simulator, and working it from Rust.

use super::account::{Account, NewAccount};
use super::calls::{Call, Refusal};
use super::faults::Fault;
use super::world::{Device, World};
use super::{TelegramUserOptions, control, wire};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What every part of the simulator shares.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    world: Arc<Mutex<World>>,
    pub(super) address: SocketAddr,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl Shared {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn create_account(&self, account: NewAccount) -> i64 {
        let mut world = self.world();
        let id = account.person.id;
        let (first_message, first_pts) = (world.options.first_message_id, world.options.first_pts);
        world.accounts.entry(id).or_insert_with(|| {
            let mut account = Account::new(account, first_message);
            (account.stream.pts, account.stream.floor) = (first_pts, first_pts);
            account
        });
        id
    }

    pub(super) fn device(&self, home_dc: i32) -> std::io::Result<Device> {
        self.world().device(self.address, home_dc)
    }

    pub(super) fn signed_in_device(&self, account: i64) -> std::io::Result<Device> {
        let mut world = self.world();
        let home_dc = world.accounts.get(&account).map(|account| account.settings.dc);
        let home_dc = home_dc.ok_or_else(|| std::io::Error::other("no such account"))?;
        let device = world.device(self.address, home_dc)?;
        for key in world.keys.values_mut().filter(|key| key.device == device.id && key.dc == home_dc) {
            key.account = Some(account);
        }
        Ok(device)
    }

    pub(super) fn revoke(&self, account: i64, refusal: &Refusal) {
        let mut world = self.world();
        let devices: Vec<u64> =
            world.keys.values().filter(|key| key.account == Some(account)).map(|key| key.device).collect();
        for device in devices {
            world.refuse_device(device, refusal);
        }
    }

    pub(super) fn expire_code(&self, phone: &str) {
        for attempt in self.world().attempts.values_mut().filter(|attempt| attempt.phone == phone) {
            attempt.expired = true;
        }
    }
}

/// A running simulator. Ends when dropped.
#[derive(Debug)]
pub struct TelegramUserHandle {
    pub(super) shared: Shared,
    control_url: String,
}

impl Drop for TelegramUserHandle {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

/// Starts the simulator on loopback.
pub async fn start(options: TelegramUserOptions) -> std::io::Result<TelegramUserHandle> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let control = TcpListener::bind(("127.0.0.1", options.control_port)).await?;
    let control_url = format!("http://{}", control.local_addr()?);
    let shared = Shared {
        address: listener.local_addr()?,
        world: Arc::new(Mutex::new(World::new(options))),
        stop: CancellationToken::new(),
        tasks: TaskTracker::new(),
    };
    wire::serve(listener, &shared);
    control::serve(control, &shared);
    Ok(TelegramUserHandle { shared, control_url })
}

impl TelegramUserHandle {
    /// Where every data centre answers.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The address of `/_sim/`.
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// Makes an account and gives its id; one that exists stays as it is.
    pub fn create_account(&self, account: NewAccount) -> i64 {
        self.shared.create_account(account)
    }

    /// A device that is signed in nowhere, which begins with this data centre.
    pub fn device(&self, home_dc: i32) -> std::io::Result<Device> {
        self.shared.device(home_dc)
    }

    /// A device that is signed in.
    pub fn signed_in_device(&self, account: i64) -> std::io::Result<Device> {
        self.shared.signed_in_device(account)
    }

    /// Who is signed in with a device, in whichever data centre.
    pub fn who(&self, device: &Device) -> Option<i64> {
        self.shared.world().keys.values().filter(|key| key.device == device.id).find_map(|key| key.account)
    }

    /// The application that used a device last, and what it calls the machine it runs on; people see that in their list of devices.
    pub fn introduced(&self, device: &Device) -> Option<(i32, String)> {
        let world = self.shared.world();
        world.keys.values().filter(|key| key.device == device.id).find_map(|key| key.introduced.clone())
    }

    /// Somebody scans the picture that a device shows, and lets it into their account; false = there is no such picture.
    pub fn scans(&self, account: i64, token: &[u8]) -> bool {
        self.shared.world().scan(account, token)
    }

    /// Somebody ends the account's sessions: every call is refused with 401 `AUTH_KEY_UNREGISTERED`.
    pub fn revoke(&self, account: i64) {
        self.revoke_with(account, 401, "AUTH_KEY_UNREGISTERED");
    }

    /// The same in other words, such as 401 `USER_DEACTIVATED_BAN`.
    pub fn revoke_with(&self, account: i64, code: i32, name: &str) {
        self.shared.revoke(account, &Refusal::new(code, name));
    }

    /// The server loses a device's keys: it answers -404, at which clients make themselves new ones that nobody is signed in with.
    pub fn forget_keys(&self, device: &Device) {
        self.shared.world().forget_keys(device.id);
    }

    /// Codes that were sent to a number are too old from now on.
    pub fn expire_code(&self, phone: &str) {
        self.shared.expire_code(phone);
    }

    /// Whether two connections with one key cost the session, from now on.
    pub fn one_connection_per_key(&self, strict: bool) {
        self.shared.world().options.one_connection_per_key = strict;
    }

    /// Whether a second send with the same random id is refused, from now on.
    pub fn refuse_duplicates(&self, strict: bool) {
        self.shared.world().options.refuse_duplicates = strict;
    }

    /// The next call of `method` goes wrong; `*` stands for every method.
    pub fn fault(&self, method: &str, fault: Fault) {
        self.shared.world().faults.add(None, method, fault, false);
    }

    /// The next call of `method` by one account goes wrong.
    pub fn fault_for(&self, account: i64, method: &str, fault: Fault) {
        self.shared.world().faults.add(Some(account), method, fault, false);
    }

    /// Every call of `method` goes wrong, until faults are cleared.
    pub fn always(&self, method: &str, fault: Fault) {
        self.shared.world().faults.add(None, method, fault, true);
    }

    /// After `answered` calls of `method` that go well no further one is answered, until faults are cleared.
    pub fn hold_after(&self, answered: usize, method: &str) {
        self.shared.world().faults.add_after(answered, None, method, Fault::Held, true);
    }

    /// Nothing goes wrong any longer.
    pub fn clear_faults(&self) {
        self.shared.world().faults.clear();
    }

    /// Cuts the account's connections; everybody's when none is named.
    pub fn cut(&self, account: Option<i64>) {
        self.shared.world().cut(account);
    }

    /// Every call, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.world().calls.iter().cloned().collect()
    }

    /// Calls of one method, in order.
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        self.shared.world().calls.iter().filter(|call| call.method == method).cloned().collect()
    }

    /// Connections that live and hear what happens to an account.
    pub fn listening(&self, account: i64) -> usize {
        let world = self.shared.world();
        let owner = |key: &[u8; 8]| world.keys.get(key).and_then(|key| key.account);
        world.connections.values().filter(|live| live.listens && owner(&live.key) == Some(account)).count()
    }

    /// Connections that ever were.
    pub fn connected(&self) -> u64 {
        self.shared.world().connected
    }

    /// Pings that ever came; they are no calls.
    pub fn pings(&self) -> u64 {
        self.shared.world().pings
    }

    /// Connections with one key that were in use at a time, at most: two of them cost a session.
    pub fn most_at_once(&self) -> usize {
        self.shared.world().most_at_once
    }

    /// Keys that somebody is signed in with: an account's devices.
    pub fn signed_in(&self, account: i64) -> usize {
        let world = self.shared.world();
        let devices = world.keys.values().filter(|key| key.account == Some(account) && key.refusal.is_none());
        devices.map(|key| key.device).collect::<std::collections::BTreeSet<_>>().len()
    }

    /// The keys of every device: what nobody may be shown.
    pub fn keys(&self) -> Vec<Vec<u8>> {
        self.shared.world().keys.values().map(|key| key.key.data().to_vec()).collect()
    }

    /// Ends every task.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}
