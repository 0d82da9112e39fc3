//! What is read back. A page of it is kept as one document of the hub's own making, so that it can be read again like a
//! delivery.

use super::super::urn::CommentUrn;
use super::super::wire::{Comment, Notification, Post};
use super::{event, ignored, member, notifications};
use hub_domain::Timestamp;
use hub_domain::inbound::InboundBody;
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The `object` of a page that was read back.
const OBJECT: &str = "hub_read_back";

/// Why nothing more can be read of an account.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Lost {
    /// Whoever linked the page may not act for it any more.
    PageAccess,
}

/// A page of what was read back.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(in super::super) struct ReadBack {
    object: String,
    /// The account.
    account: String,
    /// True for what was said before the account was linked.
    history: bool,
    /// A post's names and words, with its comments.
    threads: Vec<Thread>,
    /// Notifications, as they were told.
    notifications: Vec<Value>,
    /// Comments that notifications kept to themselves.
    comments: Vec<Value>,
    /// Entries of a member's log.
    log: Vec<Value>,
    /// Rows of a member's old messages.
    rows: Vec<Value>,
    /// The member's name: only it tells who wrote a row.
    member_name: Option<String>,
    /// Why nothing more can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<Lost>,
    /// Up to when everything had been read before, in milliseconds.
    since: i64,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Thread {
    post: String,
    title: Option<String>,
    comments: Vec<Value>,
}

impl ReadBack {
    /// An empty page.
    pub(in super::super) fn new(account: &str, history: bool) -> Self {
        Self { object: OBJECT.to_owned(), account: account.to_owned(), history, ..Self::default() }
    }

    /// The page, if the bytes are one.
    pub(in super::super) fn of(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Named {
            object: String,
        }
        let named = serde_json::from_slice::<Named>(body).ok().filter(|named| named.object == OBJECT);
        named.and_then(|_| serde_json::from_slice(body).ok())
    }

    /// Adds comments of a post.
    pub(in super::super) fn add_thread(&mut self, post: &str, title: Option<&str>, comments: Vec<Value>) {
        self.threads.push(Thread { post: post.to_owned(), title: title.map(str::to_owned), comments });
    }

    /// Adds notifications, and says which comments must be asked for.
    pub(in super::super) fn add_notifications(&mut self, told: &[Value]) -> Vec<CommentUrn> {
        self.notifications.extend_from_slice(told);
        let told = told.iter().filter_map(Notification::of);
        told.filter(notifications::keeps_words_back).filter_map(|told| told.comment_urn()).collect()
    }

    /// Adds a comment that a notification kept to itself.
    pub(in super::super) fn add_comment(&mut self, comment: Value) {
        self.comments.push(comment);
    }

    /// Adds entries of a member's log.
    pub(in super::super) fn add_log(&mut self, entries: &[Value]) {
        self.log.extend_from_slice(entries);
    }

    /// Adds rows of old messages.
    pub(in super::super) fn add_rows(&mut self, rows: &[Value], member_name: Option<&str>) {
        self.rows.extend_from_slice(rows);
        self.member_name = member_name.map(str::to_owned);
    }

    /// A page that only says why nothing more can be read.
    pub(in super::super) fn lost(account: &str, lost: Lost, since: i64) -> Self {
        Self { lost: Some(lost), since, ..Self::new(account, false) }
    }

    /// Everything on the page, oldest first.
    pub(in super::super) fn events(&self) -> Vec<Parsed> {
        let mut events: Vec<(Option<Timestamp>, Parsed)> = Vec::new();
        for thread in &self.threads {
            let post = Post { names: vec![thread.post.clone()], text: thread.title.clone() };
            events.extend(thread.comments.iter().map(|comment| beside(|| self.comment(comment, &post))));
        }
        events.extend(self.notifications.iter().map(|told| beside(|| self.notification(told))));
        // Lists begin with the newest; what was said within one instant keeps its order.
        events.reverse();
        events.sort_by_key(|(at, _)| *at);
        let mut events: Vec<Parsed> = events.into_iter().map(|(_, event)| event).collect();
        events.extend(member::old_messages(&self.account, &self.rows, self.member_name.as_deref()));
        events.extend(member::log(&self.account, &self.log));
        if let Some(Lost::PageAccess) = self.lost {
            let body = InboundBody::AccountNotice { kind: "page_access_lost".to_owned(), data: json!({}), at: None };
            events.push(event(&self.account, "page_access_lost", &self.since.to_string(), body));
        }
        events
    }

    fn comment(&self, value: &Value, post: &Post) -> (Option<Timestamp>, Parsed) {
        let read = Comment::listed(value);
        let said = read.as_ref().and_then(|one| super::comments::message(&self.account, one, post, None, self.history));
        match (read, said) {
            (Some(comment), Some(said)) => {
                let at = Some(said.sent_at);
                let key = comment.urn.full();
                (at, event(&self.account, "comment", &key, InboundBody::Message(Box::new(said))))
            }
            _ => (None, Parsed::Unreadable("a comment without id, author or time".to_owned())),
        }
    }

    fn notification(&self, value: &Value) -> (Option<Timestamp>, Parsed) {
        let Some(told) = Notification::of(value) else {
            return (None, Parsed::Unreadable("a notification without page or action".to_owned()));
        };
        let wanted = told.comment_urn();
        let found = self.comments.iter().filter_map(Comment::listed).find(|one| Some(&one.urn) == wanted.as_ref());
        if notifications::keeps_words_back(&told) && found.is_none() {
            // It was asked for in vain: the comment is gone.
            let what = wanted.map(|urn| urn.full()).unwrap_or_default();
            return (told.at, ignored(Some(&self.account), &what, "gone"));
        }
        let mut parsed = notifications::read(&told, found.as_ref());
        if let Parsed::Event(event) = &mut parsed
            && let InboundBody::Message(said) | InboundBody::Edited(said) = &mut event.body
        {
            said.history = self.history;
            said.is_read = self.history;
        }
        (told.at, parsed)
    }
}

/// Reads one thing with its time; when its reader panics it falls alone.
pub(super) fn beside(read: impl FnOnce() -> (Option<Timestamp>, Parsed)) -> (Option<Timestamp>, Parsed) {
    alone(read, |fallen| (None, fallen))
}
