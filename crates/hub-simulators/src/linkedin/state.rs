//! Everything the platform knows. All of it is bounded.

use super::app::{App, Member, Organization, Role};
use super::comments::Comment;
use super::deliver::{Delivery, Post as Waiting};
use super::dialog::DialogMode;
use super::faults::Fault;
use super::hooks::Webhook;
use super::images::Image;
use super::inbox::Inbox;
use super::limits::Limits;
use super::log::LoggedRequest;
use super::notices::{Held, Kept};
use super::options::LinkedInOptions;
use super::posts::Post;
use super::subscriptions::{Subscription, SubscriptionKey};
use super::token::{Grant, Tokens};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// Things remembered of each sort at most.
pub(super) const MAX_KEPT: usize = 20_000;
/// Bits of an id below its time.
const ID_BITS: u32 = 22;

/// Everything.
#[derive(Debug)]
pub(super) struct State {
    pub(super) options: LinkedInOptions,
    /// By client id.
    pub(super) apps: BTreeMap<String, App>,
    pub(super) members: BTreeMap<String, Member>,
    pub(super) organizations: BTreeMap<String, Organization>,
    pub(super) roles: Vec<Role>,
    /// First-degree connections, both ways round.
    pub(super) connections: HashSet<(String, String)>,
    pub(super) tokens: Tokens,
    /// What members gave apps last, by client id and member.
    pub(super) grants: BTreeMap<(String, String), (Grant, i64)>,
    pub(super) dialog: DialogMode,
    pub(super) dialog_member: Option<String>,
    /// By the id of the thread.
    pub(super) posts: BTreeMap<i64, Post>,
    /// By their own id.
    pub(super) comments: BTreeMap<i64, Comment>,
    /// Who liked a post or a comment, by its URN.
    pub(super) likes: BTreeMap<String, Vec<String>>,
    /// Pictures in comments by their ids, with the URNs of their owners.
    pub(super) images: BTreeMap<String, (String, Image)>,
    pub(super) webhooks: BTreeMap<(String, String), Webhook>,
    pub(super) subscriptions: BTreeMap<SubscriptionKey, Subscription>,
    pub(super) notices: VecDeque<Kept>,
    pub(super) next_notice: i64,
    pub(super) held: Vec<Held>,
    pub(super) hold: bool,
    pub(super) duplicate: bool,
    pub(super) decorate: bool,
    pub(super) queue: VecDeque<Waiting>,
    pub(super) next_post: u64,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) inbox: Inbox,
    pub(super) limits: Limits,
    /// By endpoint; used up in order.
    pub(super) faults: HashMap<String, VecDeque<Fault>>,
    pub(super) log: Vec<LoggedRequest>,
    /// Versions that are alive; `None` = those of the last year.
    pub(super) versions: Option<Vec<String>>,
    /// How far the clock was moved, in milliseconds.
    pub(super) moved_ms: i64,
    last_id: i64,
}

impl State {
    pub(super) fn new(options: LinkedInOptions) -> Self {
        Self {
            options,
            apps: BTreeMap::new(),
            members: BTreeMap::new(),
            organizations: BTreeMap::new(),
            roles: Vec::new(),
            connections: HashSet::new(),
            tokens: Tokens::default(),
            grants: BTreeMap::new(),
            dialog: DialogMode::Ask,
            dialog_member: None,
            posts: BTreeMap::new(),
            comments: BTreeMap::new(),
            likes: BTreeMap::new(),
            images: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            notices: VecDeque::new(),
            next_notice: 5_603_453_321,
            held: Vec::new(),
            hold: false,
            duplicate: false,
            decorate: true,
            queue: VecDeque::new(),
            next_post: 1,
            deliveries: Vec::new(),
            inbox: Inbox::default(),
            limits: Limits::default(),
            faults: HashMap::new(),
            log: Vec::new(),
            versions: None,
            moved_ms: 0,
            last_id: 0,
        }
    }

    /// The platform's clock in Unix milliseconds.
    pub(super) fn now_ms(&self) -> i64 {
        chrono::Utc::now().timestamp_millis() + self.moved_ms
    }

    /// A new id; its upper bits are the time. Posts and comments never share one.
    pub(super) fn new_id(&mut self, now_ms: i64) -> i64 {
        let mut id = (now_ms << ID_BITS) + 1;
        if self.last_id >= id && self.last_id >> ID_BITS == now_ms {
            id = self.last_id + 1;
        }
        while self.posts.contains_key(&id) || self.comments.contains_key(&id) {
            id += 1;
        }
        self.last_id = id;
        id
    }

    /// The next fault of a call.
    pub(super) fn take_fault(&mut self, endpoint: &str, action: &str) -> Option<Fault> {
        for name in [format!("{endpoint}.{action}"), endpoint.to_owned(), "*".to_owned()] {
            if let Some(fault) = self.faults.get_mut(&name).and_then(VecDeque::pop_front) {
                return Some(fault);
            }
        }
        None
    }

    /// Whether a member has the approved role of an administrator on a page.
    pub(super) fn administers(&self, member: &str, organization: &str) -> bool {
        self.roles.iter().any(|role| {
            role.member == member
                && role.organization == organization
                && role.role == "ADMINISTRATOR"
                && role.state == "APPROVED"
        })
    }
}
