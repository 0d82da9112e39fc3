//! Starting the simulator, and working it from Rust.

use super::faults::Fault;
use super::world::{Delivery, Sent, World};
use super::{TelegramOptions, people, server};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What every part of the simulator shares.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    world: Arc<Mutex<World>>,
    pub(super) http: reqwest::Client,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl Shared {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running simulator. Ends when dropped.
#[derive(Debug)]
pub struct TelegramHandle {
    pub(super) shared: Shared,
    base_url: String,
}

impl Drop for TelegramHandle {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

/// Starts the simulator on loopback.
pub async fn start(options: TelegramOptions) -> std::io::Result<TelegramHandle> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let http =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().map_err(std::io::Error::other)?;
    let shared = Shared {
        world: Arc::new(Mutex::new(World::new(options))),
        http,
        stop: CancellationToken::new(),
        tasks: TaskTracker::new(),
    };
    server::serve(listener, &shared);
    Ok(TelegramHandle { shared, base_url })
}

impl TelegramHandle {
    /// Its address.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Makes a bot; one that exists stays as it is.
    pub fn create_bot(&self, token: &str, username: &str) {
        server::create_bot(&self.shared, token, username);
    }

    /// A person says something to the bot in their private chat; gives the update's id.
    pub fn say(&self, token: &str, person: i64, text: &str) -> i64 {
        people::say(&self.shared, token, person, text)
    }

    /// Any update: `content` under the name of its kind. A message without an id gets one.
    pub fn update(&self, token: &str, kind: &str, content: Value) -> i64 {
        people::update(&self.shared, token, kind, content)
    }

    /// A file that the bot can fetch, by the id that messages name it with.
    pub fn put_file(&self, token: &str, file_id: &str, bytes: &[u8]) {
        people::put_file(&self.shared, token, file_id, bytes, bytes.len() as u64);
    }

    /// A file that the bot can fetch at a path.
    pub fn put_file_at(&self, token: &str, file_id: &str, path: &str, bytes: &[u8]) {
        people::put_file_at(&self.shared, token, file_id, path, bytes);
    }

    /// A file that the platform says to be this large.
    pub fn pretend_file(&self, token: &str, file_id: &str, size: u64) {
        people::put_file(&self.shared, token, file_id, &[], size);
    }

    /// A person writes in their private chat: `members` beside those that every message has. Gives the message's id.
    pub fn write(&self, token: &str, person: i64, members: &Value) -> i64 {
        people::write(&self.shared, token, person, members)
    }

    /// A message of a chat as the bot sees it.
    pub fn message(&self, token: &str, chat: i64, id: i64) -> Option<Value> {
        people::message(&self.shared, token, chat, id)
    }

    /// Somebody opens their private chat with the bot, and nobody is told. Gives the chat.
    pub fn meet(&self, token: &str, person: i64) -> Value {
        people::meet(&self.shared, token, person)
    }

    /// The next call of `method` goes wrong; `send` stands for everything that sends.
    pub fn fault(&self, method: &str, fault: Fault) {
        self.shared.world().faults.entry(method.to_ascii_lowercase()).or_default().push_back(fault);
    }

    /// Faults that no call has met yet.
    pub fn faults_left(&self) -> usize {
        self.shared.world().faults.values().map(VecDeque::len).sum()
    }

    /// What the newest question for updates began with.
    pub fn asked_from(&self, token: &str) -> Option<i64> {
        self.shared.world().bots.get(token)?.asked_from
    }

    /// A person blocks the bot, or unblocks it.
    pub fn block(&self, token: &str, person: i64, blocked: bool) {
        if let Some(bot) = self.shared.world().bots.get_mut(token) {
            if blocked {
                bot.blocked.insert(person);
            } else {
                bot.blocked.remove(&person);
            }
        }
    }

    /// What the bot sent, in order.
    pub fn sent(&self, token: &str) -> Vec<Sent> {
        self.shared.world().bots.get(token).map(|bot| bot.sent.clone()).unwrap_or_default()
    }

    /// Every try to call the bot's webhook, in order.
    pub fn deliveries(&self, token: &str) -> Vec<Delivery> {
        self.shared.world().bots.get(token).map(|bot| bot.deliveries.clone()).unwrap_or_default()
    }

    /// Updates that nobody took yet.
    pub fn pending(&self, token: &str) -> usize {
        self.shared.world().bots.get(token).map_or(0, |bot| bot.pending.len())
    }

    /// The address of the bot's webhook.
    pub fn webhook(&self, token: &str) -> Option<String> {
        self.shared.world().bots.get(token)?.webhook.as_ref().map(|hook| hook.url.clone())
    }

    /// The secret that calls of the bot's webhook show.
    pub fn webhook_secret(&self, token: &str) -> Option<String> {
        self.shared.world().bots.get(token)?.webhook.as_ref()?.secret.clone()
    }

    /// A few invented people write now and then, and answer when the bot writes to them.
    pub fn trickle(&self, token: &str, every: Duration) {
        people::trickle(&self.shared, token, every);
    }

    /// Ends every task.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}
