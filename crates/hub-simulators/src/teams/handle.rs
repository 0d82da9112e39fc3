//! Starting the simulator, and working it from Rust.

use super::call::LoggedRequest;
use super::chats::model::{Chat, ChatKind};
use super::deeds::Done;
use super::endpoint::Endpoint;
use super::faults::Fault;
use super::login::keys::SigningKey;
use super::login::page::Consent;
use super::login::tokens::{Grant, Trouble};
use super::notices::deliver::Delivery;
use super::notices::item::Deletes;
use super::settings::TeamsOptions;
use super::world::{App, User, World};
use super::{server, trickle};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What every part of the simulator shares.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    world: Arc<Mutex<World>>,
    pub(super) http: reqwest::Client,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) changed: Arc<Notify>,
}

impl Shared {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets somebody act, and wakes the deliveries.
    pub(super) fn act<T>(&self, deed: impl FnOnce(&mut World) -> T) -> T {
        let done = deed(&mut self.world());
        self.changed.notify_one();
        done
    }
}

/// A running simulator. Ends when dropped.
#[derive(Debug)]
pub struct TeamsHandle {
    pub(super) shared: Shared,
    base_url: String,
}

impl Drop for TeamsHandle {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

/// A new key to sign with.
fn new_key() -> std::io::Result<SigningKey> {
    SigningKey::generate().map_err(std::io::Error::other)
}

/// Starts the simulator on loopback.
pub async fn start(options: TeamsOptions) -> std::io::Result<TeamsHandle> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    // A redirect is an answer of its own here: it is no success.
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_mins(1))
        .build()
        .map_err(std::io::Error::other)?;
    let mut world = World::new(options, &base_url);
    world.keys.rotate(new_key()?);
    let shared = Shared {
        world: Arc::new(Mutex::new(world)),
        http,
        stop: CancellationToken::new(),
        tasks: TaskTracker::new(),
        changed: Arc::new(Notify::new()),
    };
    server::serve(listener, &shared);
    Ok(TeamsHandle { shared, base_url })
}

impl TeamsHandle {
    /// Its address: Graph is at `/v1.0` below it, the sign-in at `/{tenant}/oauth2/v2.0`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Makes an app, or changes the one with its client id.
    pub fn create_app(&self, app: App) {
        self.shared.world().apps.insert(app.client_id.clone(), app);
    }

    /// Adds somebody, or changes whoever has the id.
    pub fn put_user(&self, user: User) {
        self.shared.world().users.insert(user.id.clone(), user);
    }

    /// What the authorize page does, and who is signed in.
    pub fn consent(&self, consent: Consent, user: Option<&str>) {
        let mut world = self.shared.world();
        world.consent = consent;
        world.consenting = user.map(str::to_owned);
    }

    /// A token answer without the page.
    pub fn grant(&self, client_id: &str, user: &str, scopes: &[&str]) -> Value {
        self.shared.world().issue(Grant::new(client_id, user, scopes))
    }

    /// From now on the platform knows these tokens of somebody, as if it had handed them out.
    pub fn knows_tokens(&self, client_id: &str, user: &str, scopes: &[&str], access: &str, refresh: Option<&str>) {
        let grant = Grant::new(client_id, user, scopes);
        self.shared.world().keep_tokens(grant, access, refresh, World::some_life());
    }

    /// Every access and refresh token and every code that was given out.
    pub fn tokens(&self) -> Vec<String> {
        let world = self.shared.world();
        let tokens = world.access.keys().chain(world.refresh.keys()).chain(world.codes.keys());
        tokens.cloned().collect()
    }

    /// How often somebody's refresh tokens were used.
    pub fn refreshes(&self, user: &str) -> usize {
        self.shared.world().refreshes.get(user).copied().unwrap_or_default()
    }

    /// Access tokens of somebody run out now; refresh tokens stay.
    pub fn expire_tokens(&self, user: &str) {
        for access in self.shared.world().access.values_mut().filter(|access| access.grant.user == user) {
            access.expires_ms = 0;
        }
    }

    /// What is wrong with somebody's refresh tokens; `None` = nothing any more. Signing in heals it too.
    pub fn trouble(&self, user: &str, trouble: Option<Trouble>) {
        let troubles = &mut self.shared.world().troubles;
        match trouble {
            Some(trouble) => troubles.insert(user.to_owned(), trouble),
            None => troubles.remove(user),
        };
    }

    /// Whether calls of somebody are refused until they sign in with these claims, in base64; `None` = not any more.
    pub fn challenge(&self, user: &str, claims: Option<&str>) {
        let challenged = &mut self.shared.world().challenged;
        match claims {
            Some(claims) => challenged.insert(user.to_owned(), claims.to_owned()),
            None => challenged.remove(user),
        };
    }

    /// Signs with a new key from now on; the list has the older ones too.
    pub fn rotate_key(&self) -> std::io::Result<()> {
        let key = new_key()?;
        self.shared.world().keys.rotate(key);
        Ok(())
    }

    /// Makes a chat, or finds the one of two people; gives its id.
    pub fn create_chat(&self, kind: ChatKind, topic: Option<&str>, people: &[&str]) -> String {
        let people: Vec<String> = people.iter().map(|id| (*id).to_owned()).collect();
        self.shared.act(|world| world.make_chat(kind, topic, &people))
    }

    /// A chat with all that was said in it.
    pub fn chat(&self, id: &str) -> Option<Chat> {
        self.shared.world().chats.get(id).cloned()
    }

    /// A message as Graph tells of it.
    pub fn message(&self, chat: &str, id: i64) -> Option<Value> {
        let world = self.shared.world();
        world.chats.get(chat)?.message(id).map(|message| world.message_shown(message, true))
    }

    /// Chat and id of what was sent through the API, oldest first.
    pub fn sent(&self) -> Vec<(String, i64)> {
        self.shared.world().sent().map(|(chat, id)| (chat.to_owned(), id)).collect()
    }

    /// What people did through the API, in order: also changes, reactions and read marks.
    pub fn deeds(&self) -> Vec<Done> {
        self.shared.world().deeds.clone()
    }

    /// Whether somebody may not write in a chat any more.
    pub fn block(&self, chat: &str, user: &str, blocked: bool) {
        let (place, mut world) = ((chat.to_owned(), user.to_owned()), self.shared.world());
        if blocked {
            world.blocked.insert(place);
        } else {
            world.blocked.remove(&place);
        }
    }

    /// So many lists begin with an empty page that has a next one.
    pub fn empty_pages(&self, count: u32) {
        self.shared.world().empty_pages = count;
    }

    /// Calls of an endpoint that somebody may make per second.
    pub fn set_limit(&self, endpoint: Endpoint, per_second: u32) {
        self.shared.world().limits.insert(endpoint, per_second);
    }

    /// The next calls of an endpoint go wrong, as many as there are faults.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.shared.world().faults.entry(endpoint.name().to_owned()).or_default().push_back(fault);
    }

    /// Faults that no call has met yet.
    pub fn faults_left(&self) -> usize {
        self.shared.world().faults.values().map(VecDeque::len).sum()
    }

    /// A fault for the next calls whatever they are.
    pub fn fault_any(&self, fault: Fault) {
        self.shared.world().faults.entry("*".to_owned()).or_default().push_back(fault);
    }

    /// Whether every item goes out twice, in requests of their own.
    pub fn duplicate(&self, twice: bool) {
        self.shared.world().duplicate = twice;
    }

    /// Whether notices name messages with slashes rather than brackets.
    pub fn slashes(&self, slashes: bool) {
        self.shared.world().slashes = slashes;
    }

    /// How deletions are told.
    pub fn deletes(&self, deletes: Deletes) {
        self.shared.world().deletes = deletes;
    }

    /// Holds deliveries back, or lets them go in as few requests as may be; reversed they go in the wrong order.
    pub fn hold(&self, hold: bool, reversed: bool) {
        self.shared.act(|world| {
            world.hold = hold;
            if reversed {
                world.queue.make_contiguous().reverse();
            }
        });
    }

    /// Moves the platform's clock.
    pub fn advance(&self, by: Duration) {
        self.shared.act(|world| world.moved_ms += i64::try_from(by.as_millis()).unwrap_or_default());
    }

    /// Every try to call an endpoint, in order.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.world().deliveries.clone()
    }

    /// Items that wait to be delivered.
    pub fn waiting(&self) -> usize {
        self.shared.world().queue.len()
    }

    /// What was called, in order.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.world().log.clone()
    }

    /// A few invented people write to somebody now and then, and answer when they are written to.
    pub fn trickle(&self, user: &str, every: Duration) {
        trickle::start(&self.shared, user, every);
    }

    /// Ends every task.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}
