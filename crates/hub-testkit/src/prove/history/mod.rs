//! What happened, as the platforms, the clients and the hub tell it, and what is wrong with it. Pure: the same history always
//! has the same findings.

mod check;
mod finding;
#[cfg(test)]
mod planted;

pub use check::check;
pub use finding::Finding;

/// A line of talk: one account and one person.
pub type Talk = (String, String);

/// Everything that was seen of one run.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What people said and the hub acknowledged, in the order in which it was said.
    pub said: Vec<Said>,
    /// What users asked the hub to send, in the order in which it was asked.
    pub asked: Vec<Asked>,
    /// What the platforms took from the hub, in order.
    pub taken: Vec<Taken>,
    /// Every message as the API shows it in the end, oldest first.
    pub shown: Vec<Shown>,
    /// New messages that open clients heard of.
    pub pushed: Vec<Pushed>,
    /// The accounts.
    pub accounts: Vec<AccountSeen>,
    /// What nobody told the hub.
    pub lost: Vec<Lost>,
    /// Tokens that ended before their time.
    pub renewed: Vec<Renewed>,
    /// What the hub's own ledger says does not add up; empty when it does, or when there is none.
    pub ledger: Vec<String>,
}

/// A person said something; the words are unique in the run.
#[derive(Clone, Debug)]
pub struct Said {
    /// Where.
    pub talk: Talk,
    /// What.
    pub words: String,
    /// Clients must hear of it as of something new.
    pub pushed: bool,
}

/// A user asked for something to be sent; the words are unique in the run.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where.
    pub talk: Talk,
    /// What.
    pub words: String,
    /// How often a person decided to send it again though it might have arrived.
    pub forced: usize,
    /// It was sent again after it had failed, so its place among the others is not its own.
    pub retried: bool,
}

/// A platform took something.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Where.
    pub talk: Talk,
    /// What.
    pub words: String,
}

/// A message as the API shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What.
    pub words: String,
    /// Status of one that was sent from the hub.
    pub status: Option<String>,
    /// It is shown as missed and read back.
    pub recovered: bool,
}

/// A client heard of a new message.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// Which connection: one that comes back goes on where it was, and is the same.
    pub client: usize,
    /// Place in the user's log.
    pub offset: i64,
    /// What.
    pub words: String,
}

/// What was seen of an account.
#[derive(Clone, Debug)]
pub struct AccountSeen {
    /// Which.
    pub name: String,
    /// It was shown as in need of a new sign-in.
    pub asked_for_sign_in: bool,
    /// Its platform gave an answer about its credentials.
    pub credentials_refused: bool,
}

/// A platform did not tell the hub what was said.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that was seen or was not")]
pub struct Lost {
    /// The account.
    pub name: String,
    /// Why not.
    pub loss: Loss,
    /// The account was well again in the end.
    pub well_again: bool,
    /// Open clients were told of every change of its channel, of the trouble as of its end.
    pub told: bool,
    /// The API says since when it is well again, and why.
    pub explained: bool,
    /// What was said meanwhile.
    pub words: Vec<String>,
    /// The platform lets it be read: then it must be shown as recovered.
    pub read_back: bool,
    /// What was said meanwhile is gone for good: whether it is shown as a hole. `None` = nothing is gone.
    pub hole: Option<bool>,
}

/// Why the hub is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The platform fell silent, without a word.
    Silence {
        /// The hub found out.
        noticed: bool,
    },
    /// The platform called somebody else.
    Takeover {
        /// The hub said so.
        noticed: bool,
        /// It took the account back before its owner wanted it back.
        fought: bool,
    },
    /// The line that the hub holds was dead, and no other could be had.
    Line {
        /// The hub said so.
        noticed: bool,
    },
    /// The platform took its permission back.
    Revoked {
        /// The hub said that a new sign-in is needed.
        noticed: bool,
    },
}

/// An account's token ended before its time, while several sends needed it.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The account.
    pub name: String,
    /// How often the platform was asked for a new one.
    pub times: usize,
    /// The account was shown as in need of a new sign-in.
    pub asked_for_sign_in: bool,
    /// Sends that did not get through.
    pub unsent: usize,
}
