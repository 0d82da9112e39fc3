//! Starting the simulator, and working it from Rust.

use super::call::LoggedRequest;
use super::deliver::Delivery;
use super::events::DmEvent;
use super::faults::Fault;
use super::limits::{Bucket, Span};
use super::page::Consent;
use super::spending::Spending;
use super::tokens::Grant;
use super::world::{App, User, World};
use super::{TwitterOptions, server, trickle};
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
pub struct TwitterHandle {
    shared: Shared,
    base_url: String,
}

impl Drop for TwitterHandle {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

/// Starts the simulator on loopback.
pub async fn start(options: TwitterOptions) -> std::io::Result<TwitterHandle> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    // A redirect is an answer of its own here: it breaks a webhook.
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_mins(1))
        .build()
        .map_err(std::io::Error::other)?;
    let shared = Shared {
        world: Arc::new(Mutex::new(World::new(options, base_url.clone()))),
        http,
        stop: CancellationToken::new(),
        tasks: TaskTracker::new(),
        changed: Arc::new(Notify::new()),
    };
    server::serve(listener, &shared);
    Ok(TwitterHandle { shared, base_url })
}

impl TwitterHandle {
    /// Its address, for the API; the authorize page is at `/i/oauth2/authorize` below it.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Makes an app, or changes the one with its client id.
    pub fn create_app(&self, app: App) {
        self.shared.world().apps.insert(app.client_id.clone(), app);
    }

    /// Adds somebody, or changes whoever has the id.
    pub fn put_user(&self, user: User) {
        self.shared.world().put_user(user);
    }

    /// What the authorize page does, and who is logged in.
    pub fn consent(&self, consent: Consent, user: Option<&str>) {
        let mut world = self.shared.world();
        world.consent = consent;
        world.consenting = user.map(str::to_owned);
    }

    /// A token answer without the page: access token, refresh token where `offline.access` is granted.
    pub fn grant(&self, client_id: &str, user: &str, scopes: &[&str]) -> Value {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let grant = Grant { client_id: client_id.to_owned(), user: user.to_owned(), scopes };
        self.shared.world().issue(grant)
    }

    /// From now on the platform knows these tokens of somebody, as if it had handed them out.
    pub fn knows_tokens(&self, client_id: &str, user: &str, scopes: &[&str], access: &str, refresh: Option<&str>) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let grant = Grant { client_id: client_id.to_owned(), user: user.to_owned(), scopes };
        self.shared.world().keep_tokens(grant, access, refresh);
    }

    /// From now on the platform knows a good webhook with this id, as if it had been asked for it.
    pub fn knows_webhook(&self, client_id: &str, id: &str, url: &str) {
        self.shared.world().keep_hook(client_id, id, url);
    }

    /// Whoever else has the app's keys removes its webhooks, and what led to them.
    pub fn forget_webhooks(&self, client_id: &str) {
        self.shared.world().forget_hooks(client_id);
    }

    /// Somebody writes to somebody or to a group.
    pub fn say(&self, from: &str, to: &str, text: &str) -> DmEvent {
        self.shared.act(|world| world.say(from, to, text))
    }

    /// Somebody sends a file: category (`dm_image`, `dm_gif`, `dm_video`) and content type.
    pub fn attach(&self, from: &str, to: &str, text: &str, kind: (&str, &str), bytes: &[u8]) -> DmEvent {
        self.shared.act(|world| world.attach(from, to, text, kind, bytes))
    }

    /// Somebody sends a file that cannot be fetched any more.
    pub fn attach_lost(&self, from: &str, to: &str, text: &str, kind: (&str, &str)) -> DmEvent {
        self.shared.act(|world| world.attach_lost(from, to, text, kind))
    }

    /// Category and size of a file.
    pub fn media(&self, id: &str) -> Option<(String, usize)> {
        let world = self.shared.world();
        let media = world.media.get(id)?;
        Some((media.category.clone(), media.bytes.as_ref().map_or(0, bytes::Bytes::len)))
    }

    /// Kinds of events of somebody that lead to a webhook that works.
    pub fn listened_to(&self, user: &str) -> Vec<String> {
        let world = self.shared.world();
        let works = |hook: &String| world.hooks.get(hook).is_some_and(|hook| hook.valid);
        let of = world.subscriptions.iter().filter(|one| one.user.as_deref() == Some(user));
        of.filter(|one| one.webhook_id.as_ref().is_some_and(works)).map(|one| one.event_type.clone()).collect()
    }

    /// Every token that works, refresh tokens among them; of one person or of all.
    pub fn tokens(&self, user: Option<&str>) -> Vec<String> {
        self.shared.world().living_tokens(user)
    }

    /// Access tokens of somebody end before their time; what renews them works on.
    pub fn end_access(&self, user: &str) {
        self.shared.world().end_access(user);
    }

    /// Every webhook counts as broken, until a challenge heals it.
    pub fn break_webhooks(&self) {
        self.shared.world().hooks.values_mut().for_each(|hook| hook.valid = false);
    }

    /// Somebody's events go to every webhook in the older shape as well.
    pub fn also_account_activity(&self, user: &str) {
        let mut world = self.shared.world();
        let hooks: Vec<String> = world.hooks.keys().cloned().collect();
        world.accounts.extend(hooks.into_iter().map(|hook| (hook, user.to_owned())));
    }

    /// All tokens of somebody die, and nobody is told.
    pub fn kill_tokens(&self, user: &str) {
        self.shared.world().kill_tokens(user);
    }

    /// Somebody makes a group; gives its conversation id.
    pub fn create_group(&self, by: &str, others: &[&str]) -> String {
        self.shared.act(|world| world.new_group(by, others.iter().map(|id| (*id).to_owned()).collect()))
    }

    /// Somebody joins a group, or leaves it; tells whether that changed anything.
    pub fn walk(&self, group: &str, who: &str, by: &str, joins: bool) -> bool {
        self.shared.act(|world| world.walk(group, who, by, joins))
    }

    /// A message is deleted; nobody is told.
    pub fn delete(&self, event: &str) -> bool {
        self.shared.act(|world| world.forget(event))
    }

    /// Somebody types to somebody.
    pub fn types(&self, from: &str, to: &str) {
        self.shared.act(|world| world.types(from, to));
    }

    /// Somebody has read what another wrote, up to an event.
    pub fn reads(&self, from: &str, to: &str, event: &str) {
        self.shared.act(|world| world.reads(from, to, event));
    }

    /// Somebody writes in an encrypted chat.
    pub fn say_encrypted(&self, from: &str, to: &str) {
        self.shared.act(|world| world.say_encrypted(from, to));
    }

    /// Somebody takes their permission back.
    pub fn revoke(&self, user: &str) {
        self.shared.act(|world| world.revoke_app(user));
    }

    /// Tells somebody's account activity webhooks any body, such as likes and posts.
    pub fn tell_account(&self, user: &str, body: &Value) {
        self.shared.act(|world| world.tell_account(user, body));
    }

    /// Sets a budget.
    pub fn set_limit(&self, bucket: Bucket, span: Span, limit: u32) {
        self.shared.world().limits.insert((bucket, span), limit);
    }

    /// Sets how the operator's account stands.
    pub fn spending(&self, spending: Spending) {
        self.shared.world().spending = spending;
    }

    /// Whether a 429 has the older body.
    pub fn legacy_429(&self, legacy: bool) {
        self.shared.world().legacy_429 = legacy;
    }

    /// The next call of an endpoint goes wrong.
    pub fn fault(&self, bucket: Bucket, fault: Fault) {
        self.shared.world().faults.entry(bucket.name().to_owned()).or_default().push_back(fault);
    }

    /// Faults that no call has met yet.
    pub fn faults_left(&self) -> usize {
        self.shared.world().faults.values().map(VecDeque::len).sum()
    }

    /// Whether every delivery goes out twice.
    pub fn duplicate(&self, twice: bool) {
        self.shared.world().duplicate = twice;
    }

    /// Holds deliveries back, or lets them go; reversed they go in the wrong order.
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

    /// Challenges every webhook now; tells whether all are valid.
    pub async fn challenge(&self) -> bool {
        let hooks: Vec<String> = self.shared.world().hooks.keys().cloned().collect();
        let mut all = true;
        for hook in hooks {
            all &= self.shared.check_hook(&hook).await;
        }
        all
    }

    /// What happened in conversations, oldest first.
    pub fn events(&self) -> Vec<DmEvent> {
        self.shared.world().events.clone()
    }

    /// Every try to call a webhook, in order.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.world().deliveries.clone()
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
