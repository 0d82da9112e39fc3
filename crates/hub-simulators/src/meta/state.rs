//! What the shared half of a platform knows. All of it is bounded.

use super::app::{App, DialogMode, User};
use super::faults::Fault;
use super::hooks::Hook;
use super::log::LoggedRequest;
use super::media::Stored;
use super::post::{Delivery, Held, Post};
use super::subscribed::Subscribed;
use super::token::{Code, Token, TokenKind};
use super::{CodeGrant, MetaOptions};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Things remembered of each sort at most.
pub(crate) const MAX_KEPT: usize = 20_000;

/// Everything.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) options: MetaOptions,
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) tokens: HashMap<String, Token>,
    /// By app and object.
    pub(crate) hooks: BTreeMap<(String, String), Hook>,
    /// By Page or account, then by app.
    pub(crate) subscribed: BTreeMap<String, BTreeMap<String, Subscribed>>,
    pub(crate) queue: VecDeque<Post>,
    pub(crate) held: Vec<Held>,
    pub(crate) hold: bool,
    pub(crate) duplicate: bool,
    pub(crate) shuffle: Option<u64>,
    pub(crate) next_post: u64,
    pub(crate) deliveries: Vec<Delivery>,
    /// By endpoint; used up in order.
    pub(crate) faults: HashMap<String, VecDeque<Fault>>,
    pub(crate) app_usage: Option<Value>,
    pub(crate) business_usage: Option<Value>,
    /// How far the clock was moved, in milliseconds.
    pub(crate) moved_ms: i64,
    pub(crate) files: HashMap<String, Stored>,
    pub(crate) log: Vec<LoggedRequest>,
    pub(crate) dialog: DialogMode,
    /// Who accepts when the dialog does not ask.
    pub(crate) dialog_user: Option<String>,
}

impl State {
    pub(super) fn new(options: MetaOptions) -> Self {
        Self {
            options,
            apps: BTreeMap::new(),
            users: BTreeMap::new(),
            codes: HashMap::new(),
            tokens: HashMap::new(),
            hooks: BTreeMap::new(),
            subscribed: BTreeMap::new(),
            queue: VecDeque::new(),
            held: Vec::new(),
            hold: false,
            duplicate: false,
            shuffle: None,
            next_post: 1,
            deliveries: Vec::new(),
            faults: HashMap::new(),
            app_usage: None,
            business_usage: None,
            moved_ms: 0,
            files: HashMap::new(),
            log: Vec::new(),
            dialog: DialogMode::Ask,
            dialog_user: None,
        }
    }

    /// The platform's clock in Unix milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        chrono::Utc::now().timestamp_millis() + self.moved_ms
    }

    /// The platform's clock in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.now_ms() / 1_000
    }

    /// The next fault of a path, of an endpoint, or of all (`*`).
    pub(super) fn take_fault(&mut self, path: &str, endpoint: &str) -> Option<Fault> {
        for name in [path, endpoint, "*"] {
            if let Some(fault) = self.faults.get_mut(name).and_then(VecDeque::pop_front) {
                return Some(fault);
            }
        }
        None
    }

    /// Makes a code.
    pub(crate) fn issue_code(&mut self, grant: CodeGrant) -> String {
        let code = format!("AQ{}", opaque(40));
        let expires_at = self.now() + grant.code_life;
        if self.codes.len() >= MAX_KEPT {
            self.codes.clear();
        }
        self.codes.insert(code.clone(), Code { grant, expires_at, used: false });
        code
    }

    /// Keeps a token; one without a text gets one.
    pub(crate) fn issue(&mut self, mut token: Token) -> Token {
        if token.value.is_empty() {
            token.value = format!("{}{}", token.kind.prefix(), opaque(60));
        }
        if self.tokens.len() >= MAX_KEPT {
            self.tokens.clear();
        }
        self.tokens.insert(token.value.clone(), token.clone());
        token
    }

    /// A token, the app's own included.
    pub(crate) fn token(&self, value: &str) -> Option<Token> {
        if let Some(token) = self.tokens.get(value) {
            return Some(token.clone());
        }
        let (app_id, secret) = value.split_once('|')?;
        let app = self.apps.get(app_id).filter(|app| app.secret == secret)?;
        Some(Token {
            value: value.to_owned(),
            kind: TokenKind::App,
            app_id: app.id.clone(),
            user_id: String::new(),
            profile_id: None,
            scopes: Vec::new(),
            targets: Vec::new(),
            issued_at: 0,
            expires_at: None,
            dead: None,
        })
    }

    /// Every token that a person gave an app dies.
    pub(crate) fn kill_tokens(&mut self, app_id: &str, user_id: &str, subcode: i64) {
        for token in self.tokens.values_mut() {
            if token.app_id == app_id && token.user_id == user_id && token.kind != TokenKind::System {
                token.dead = Some(subcode);
            }
        }
    }
}

/// Letters and digits that nobody has seen before.
pub(crate) fn opaque(length: usize) -> String {
    let mut text = String::with_capacity(length + 32);
    while text.len() < length {
        text.push_str(&uuid::Uuid::new_v4().simple().to_string());
    }
    text.truncate(length);
    text
}

/// Digits that nobody has seen before, the first of them given.
pub(crate) fn digits(first: &str, length: usize) -> String {
    let number = uuid::Uuid::new_v4().as_u128().to_string();
    let mut text = format!("{first}{number}0000000000000000");
    text.truncate(length);
    text
}
