//! Taking rows over from a database of the originals into the hub's own: `examine` only looks, `import` copies and then
//! compares. Nothing is changed where the rows come from. Tokens and words are opened with the original's key and sealed
//! anew under the same ids; what no key opens is copied as it is and named, so that a key found later still opens it.

mod copy;
mod examine;
mod opening;
mod pages;
mod verify;

pub use copy::import;
pub use examine::examine;
pub use hub_store::{Original, OriginalCounts};
pub use opening::OriginalKeys;

use std::fmt;
use uuid::Uuid;

/// Rows read, sealed and stored at once: as many messages as one statement takes.
const PAGE: u32 = 2_000;
/// Findings that are named; the rest is counted.
const MAX_NAMED: usize = 1_000;

/// The kinds of rows, in the order they are taken over: what others point to comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// People.
    Users,
    /// Linked accounts.
    Accounts,
    /// What renews log-ins.
    RefreshTokens,
    /// Threads.
    Conversations,
    /// Messages.
    Messages,
    /// Calls that were noted.
    Usage,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Users, Self::Accounts, Self::RefreshTokens, Self::Conversations, Self::Messages, Self::Usage];

    /// The table's name.
    pub fn table(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Accounts => "connected_accounts",
            Self::RefreshTokens => "refresh_tokens",
            Self::Conversations => "conversations",
            Self::Messages => "messages",
            Self::Usage => "api_usage_logs",
        }
    }

    fn of(table: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.table() == table)
    }

    /// How many rows there are of it.
    fn total(self, counts: &OriginalCounts) -> i64 {
        match self {
            Self::Users => counts.users,
            Self::Accounts => counts.accounts,
            Self::RefreshTokens => counts.refresh_tokens,
            Self::Conversations => counts.conversations,
            Self::Messages => counts.messages,
            Self::Usage => counts.usage,
        }
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Only looking.
    Examining,
    /// Copying.
    Copying,
    /// Comparing what was copied.
    Comparing,
}

/// A sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub doing: Doing,
    /// With which rows.
    pub step: Step,
    /// Rows that are done in this run.
    pub done: u64,
    /// Rows there are, those without an owner included.
    pub total: i64,
}

/// Whoever wants to hear of it.
pub type Tell<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// Why a value stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No key opens it.
    NoKey,
    /// It has the look of the later form, and no key opens it; it may be clear text too.
    Doubtful,
    /// A token in clear text that its platform's adapter does not take: the account needs a new sign-in.
    ClearToken,
    /// Not the same in the copy.
    Differs,
    /// Not in the copy.
    Missing,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "no key opens it",
            Self::Doubtful => "looks encrypted in the later form, and no key opens it",
            Self::ClearToken => "a token that was never encrypted: the account will need a new sign-in",
            Self::Differs => "differs in the copy",
            Self::Missing => "is missing in the copy",
        })
    }
}

/// A value that needs the operator's eye. It is named by its place, never by what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Table.
    pub step: Step,
    /// Column; empty for the whole row.
    pub column: &'static str,
    /// Id of the row.
    pub row: Uuid,
    /// Why.
    pub why: Why,
}

/// Findings: the first thousand by name, the others by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// By name.
    pub named: Vec<Finding>,
    /// All.
    pub total: u64,
}

impl Findings {
    fn add(&mut self, finding: Finding) {
        self.total += 1;
        if self.named.len() < MAX_NAMED {
            self.named.push(finding);
        }
    }
}

/// What happened to the rows of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepCount {
    /// Which.
    pub step: Step,
    /// Rows there are, those without an owner included.
    pub total: i64,
    /// Rows with an owner that were read in this run.
    pub read: u64,
    /// Rows that were stored in this run; the others were here.
    pub new: u64,
}

/// What was found or done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// An import that was cut off is gone on with.
    pub resumed: bool,
    /// Per kind, in order.
    pub steps: Vec<StepCount>,
    /// Values that stay as they are.
    pub kept: Findings,
    /// Values sealed under an original's key, or the default one.
    pub sealed: u64,
    /// Values in clear text.
    pub clear: u64,
    /// Conversations without an address at the platform.
    pub phantoms: u64,
    /// Accounts of platforms that the hub does not know; they are kept and not shown.
    pub foreign: u64,
    /// What is not in the copy as it should be.
    pub wrong: Findings,
    /// Rows that were compared.
    pub compared: u64,
}
