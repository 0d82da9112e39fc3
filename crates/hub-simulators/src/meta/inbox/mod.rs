//! Inboxes of Pages and Instagram accounts: people, threads, what was said, and what both sides do.

mod acting;
mod acts;
mod attachments;
mod checks;
mod control;
mod echo;
mod history;
mod kind;
mod message;
mod people;
mod profile;
mod samples;
mod sender_actions;
mod sending;
mod trickle;

pub use acts::{Act, Made};
pub use kind::Kind;
pub use message::Message;
pub use people::{Person, ProfileAccess, Reach};
pub use sending::Sent;

pub(crate) use attachments::Fetched;
pub(crate) use control::routes;

use super::Meta;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The newest messages of a thread that the platform still shows.
pub(crate) const SHOWN: usize = 20;
/// Messages kept of a thread at most.
const MAX_MESSAGES: usize = 2_000;

/// All inboxes of a platform. Copies are the same ones.
#[derive(Clone, Debug)]
pub struct Inboxes {
    meta: Meta,
    by_account: Arc<Mutex<BTreeMap<String, Inbox>>>,
    uploads: Arc<Mutex<BTreeMap<String, attachments::Reusable>>>,
}

/// The inbox of one Page or account.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) kind: Kind,
    /// Page or Instagram account.
    pub(crate) account: String,
    pub(crate) name: String,
    /// What apps subscribe to: the Page, also for its Instagram account.
    pub(crate) asset: String,
    pub(crate) people: BTreeMap<String, Person>,
    /// By person.
    pub(crate) threads: BTreeMap<String, Thread>,
    pub(crate) sent: Vec<Sent>,
    /// Whether delivery is told after each send.
    pub(crate) tells_delivery: bool,
    /// Whether the app may answer for seven days as a person.
    pub(crate) human_agent: bool,
}

/// What was said with one person.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) id: String,
    pub(crate) messages: Vec<Message>,
    pub(crate) unread: u32,
    pub(crate) updated_ms: i64,
    /// When the person last did something that opens the window.
    pub(crate) last_act_ms: Option<i64>,
}

impl Inboxes {
    pub(crate) fn new(meta: Meta) -> Self {
        Self { meta, by_account: Arc::default(), uploads: Arc::default() }
    }

    /// The shared half.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    pub(crate) fn all(&self) -> MutexGuard<'_, BTreeMap<String, Inbox>> {
        self.by_account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn uploads(&self) -> MutexGuard<'_, BTreeMap<String, attachments::Reusable>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn create(&self, kind: Kind, account: &str, name: &str, asset: &str) {
        self.all().entry(account.to_owned()).or_insert_with(|| Inbox {
            kind,
            account: account.to_owned(),
            name: name.to_owned(),
            asset: asset.to_owned(),
            people: BTreeMap::new(),
            threads: BTreeMap::new(),
            sent: Vec::new(),
            tells_delivery: true,
            human_agent: true,
        });
    }

    /// Whether the app's people may answer for seven days (the feature Human Agent); it may at first.
    pub fn allow_human_agent(&self, account: &str, allowed: bool) {
        if let Some(inbox) = self.all().get_mut(account) {
            inbox.human_agent = allowed;
        }
    }

    /// Whether Messenger tells of deliveries after each send; it does at first.
    pub fn tell_delivery(&self, account: &str, told: bool) {
        if let Some(inbox) = self.all().get_mut(account) {
            inbox.tells_delivery = told;
        }
    }

    /// Messages of a thread, oldest first.
    pub fn messages(&self, account: &str, person: &str) -> Vec<Message> {
        let inboxes = self.all();
        let thread = inboxes.get(account).and_then(|inbox| inbox.threads.get(person));
        thread.map(|thread| thread.messages.clone()).unwrap_or_default()
    }

    /// The thread's id, as history names it.
    pub fn thread_id(&self, account: &str, person: &str) -> Option<String> {
        self.all().get(account)?.threads.get(person).map(|thread| thread.id.clone())
    }
}

impl Inbox {
    /// The thread with a person, made on first use.
    pub(crate) fn thread(&mut self, person: &str) -> &mut Thread {
        let kind = self.kind;
        self.threads.entry(person.to_owned()).or_insert_with(|| Thread {
            id: kind.thread_id(),
            messages: Vec::new(),
            unread: 0,
            updated_ms: 0,
            last_act_ms: None,
        })
    }
}

impl Thread {
    pub(crate) fn keep(&mut self, message: Message) {
        self.updated_ms = message.at_ms;
        if self.messages.len() >= MAX_MESSAGES {
            self.messages.remove(0);
        }
        self.messages.push(message);
    }

    pub(crate) fn message(&mut self, mid: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.mid == mid)
    }
}
