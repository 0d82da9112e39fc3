//! What the simulator knows: bots, chats, what was said, what waits to be delivered. All of it is bounded.

use super::faults::Fault;
use super::{TelegramOptions, sending};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Stands for every method that sends, where faults are named.
pub(super) const ANY_SEND: &str = "send";
/// Things remembered of each sort at most.
const MAX_KEPT: usize = 20_000;

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub(super) options: TelegramOptions,
    /// By token.
    pub(super) bots: HashMap<String, Bot>,
    /// By method in lower case; used up in order.
    pub(super) faults: HashMap<String, VecDeque<Fault>>,
}

/// One bot.
#[derive(Debug)]
pub(super) struct Bot {
    pub(super) id: i64,
    pub(super) username: String,
    pub(super) chats: HashMap<i64, Chat>,
    pub(super) pending: VecDeque<Update>,
    pub(super) next_update: i64,
    pub(super) webhook: Option<Webhook>,
    pub(super) last_error: Option<(i64, String)>,
    /// The newest waiting poll; an older one is ended by it.
    pub(super) poll: u64,
    /// The offset of the newest poll.
    pub(super) asked_from: Option<i64>,
    pub(super) sent: Vec<Sent>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) files: HashMap<String, File>,
    pub(super) blocked: HashSet<i64>,
    pub(super) changed: Arc<Notify>,
}

/// One chat as a bot sees it.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) head: Value,
    pub(super) next_message: i64,
    pub(super) messages: HashMap<i64, Value>,
    pub(super) migrated_to: Option<i64>,
}

/// A file that can be fetched.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) bytes: Bytes,
    /// What `getFile` says; larger than the bytes when a large file is only pretended.
    pub(super) size: u64,
}

/// An update that waits.
#[derive(Clone, Debug)]
pub(super) struct Update {
    pub(super) id: i64,
    pub(super) body: Value,
    /// Updates of one queue go one after the other.
    pub(super) queue: String,
    pub(super) attempt: u32,
    pub(super) not_before: Option<Instant>,
    pub(super) in_flight: bool,
}

/// Where a bot is called.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: Option<String>,
    pub(super) max_connections: usize,
    pub(super) allowed: Option<Vec<String>>,
}

/// Something a bot sent or changed.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Method as called.
    pub method: String,
    /// To which chat.
    pub chat_id: i64,
    /// The words, or the caption.
    pub text: Option<String>,
    /// All parameters.
    pub params: Value,
    /// The message it became.
    pub message_id: i64,
    /// That message; null for calls that make none.
    pub message: Value,
}

/// One try to call a webhook.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Address.
    pub url: String,
    /// Its update.
    pub update_id: i64,
    /// Counted from 1.
    pub attempt: u32,
    /// HTTP status; `None` = no answer.
    pub status: Option<u16>,
}

impl World {
    pub(super) fn new(options: TelegramOptions) -> Self {
        Self { options, bots: HashMap::new(), faults: HashMap::new() }
    }

    pub(super) fn create_bot(&mut self, token: &str, username: &str) {
        let id = token.split(':').next().and_then(|id| id.parse().ok()).unwrap_or(1);
        let next_update = self.options.first_update_id;
        self.bots.entry(token.to_owned()).or_insert_with(|| Bot {
            id,
            username: username.to_owned(),
            chats: HashMap::new(),
            pending: VecDeque::new(),
            next_update,
            webhook: None,
            last_error: None,
            poll: 0,
            asked_from: None,
            sent: Vec::new(),
            deliveries: Vec::new(),
            files: HashMap::new(),
            blocked: HashSet::new(),
            changed: Arc::new(Notify::new()),
        });
    }

    /// The next fault of a method, or of everything that sends.
    pub(super) fn take_fault(&mut self, method: &str) -> Option<Fault> {
        if let Some(fault) = self.faults.get_mut(method).and_then(VecDeque::pop_front) {
            return Some(fault);
        }
        let sends = method == "sendmediagroup" || sending::is_send(method);
        self.faults.get_mut(ANY_SEND).filter(|_| sends)?.pop_front()
    }
}

impl Bot {
    /// The bot as a user.
    pub(super) fn user(&self) -> Value {
        json!({"id": self.id, "is_bot": true, "first_name": self.username, "username": self.username})
    }

    /// A chat, made on first use.
    pub(super) fn chat(&mut self, head: &Value, first_message: i64) -> &mut Chat {
        let id = head["id"].as_i64().unwrap_or_default();
        self.chats.entry(id).or_insert_with(|| Chat {
            head: head.clone(),
            next_message: first_message,
            messages: HashMap::new(),
            migrated_to: None,
        })
    }

    /// Queues an update of one kind; a kind that the webhook does not want is dropped, as the real server does.
    pub(super) fn push(&mut self, kind: &str, content: Value) -> i64 {
        let wanted = self.webhook.as_ref().and_then(|hook| hook.allowed.as_ref());
        if wanted.is_some_and(|kinds| !kinds.is_empty() && !kinds.iter().any(|wanted| wanted == kind)) {
            return 0;
        }
        let queue = match (kind, content["chat"]["id"].as_i64()) {
            ("message" | "edited_message" | "channel_post" | "edited_channel_post", Some(chat)) => {
                format!("chat {chat}")
            }
            (kind, chat) => format!("{kind} {}", chat.unwrap_or_default()),
        };
        let id = self.next_update;
        self.next_update += 1;
        let mut body = json!({"update_id": id});
        body[kind] = content;
        self.pending.push_back(Update { id, body, queue, attempt: 0, not_before: None, in_flight: false });
        if self.pending.len() > MAX_KEPT {
            self.pending.pop_front();
        }
        self.changed.notify_waiters();
        id
    }

    pub(super) fn note_sent(&mut self, sent: Sent) {
        if self.sent.len() >= MAX_KEPT {
            self.sent.remove(0);
        }
        self.sent.push(sent);
        self.changed.notify_waiters();
    }

    pub(super) fn note_delivery(&mut self, delivery: Delivery) {
        if self.deliveries.len() >= MAX_KEPT {
            self.deliveries.remove(0);
        }
        self.deliveries.push(delivery);
    }
}

impl Chat {
    /// Gives a message its id and keeps it.
    pub(super) fn keep(&mut self, mut message: Value) -> Value {
        let id = self.next_message;
        self.next_message += 1;
        message["message_id"] = id.into();
        message["chat"] = self.head.clone();
        if message.get("date").is_none() {
            message["date"] = chrono::Utc::now().timestamp().into();
        }
        if self.messages.len() >= MAX_KEPT {
            self.messages.clear();
        }
        self.messages.insert(id, message.clone());
        message
    }
}
