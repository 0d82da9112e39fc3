//! What can be wrong with a run.

use std::fmt;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// It was acknowledged and is not there.
    Lost(String),
    /// It is there more than once.
    Doubled(String),
    /// Nobody said it.
    Invented(String),
    /// It stands before what was said before it.
    OutOfOrder(String),
    /// The platform got it more than once, and nobody had decided so.
    BlindResend(String),
    /// It is shown as sent, and the platform never got it.
    NeverSent(String),
    /// It is shown as failed, and the platform has it.
    SentAfterAll(String),
    /// Its fate is still open when everything has come to rest.
    Stuck(String),
    /// A client was told twice, or something else at the same place.
    PushedTwice(String),
    /// No client was told.
    NotPushed(String),
    /// Its platform refused an account's credentials, and nobody was told.
    MissedReconnect(String),
    /// An account asks for a new sign-in though its platform never refused it.
    FalseReconnect(String),
    /// A dead line was not noticed.
    Unnoticed(String),
    /// An account somebody else took was fought over.
    Fought(String),
    /// Clients were not told of what happened to an account.
    Untold(String),
    /// An account is well again, and the API does not say since when and why.
    Unexplained(String),
    /// What is gone for good is not shown as a hole.
    NoHole(String),
    /// An account did not become well again.
    StillIll(String),
    /// It was missed and read back, and is not shown as such.
    NotRecovered(String),
    /// A token that ended was not renewed exactly once.
    Renewals(String),
    /// A token that ended kept something from being sent.
    Unsent(String),
    /// The hub's own books do not balance.
    Ledger(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, which) = match self {
            Self::Lost(which) => ("lost", which),
            Self::Doubled(which) => ("doubled", which),
            Self::Invented(which) => ("invented", which),
            Self::OutOfOrder(which) => ("out of order", which),
            Self::BlindResend(which) => ("blind resend", which),
            Self::NeverSent(which) => ("shown as sent, never sent", which),
            Self::SentAfterAll(which) => ("shown as failed, but sent", which),
            Self::Stuck(which) => ("stuck", which),
            Self::PushedTwice(which) => ("pushed twice", which),
            Self::NotPushed(which) => ("not pushed", which),
            Self::MissedReconnect(which) => ("dead sign-in that nobody is told of", which),
            Self::FalseReconnect(which) => ("false call for a new sign-in", which),
            Self::Unnoticed(which) => ("dead line that nobody noticed", which),
            Self::Fought(which) => ("fought over", which),
            Self::Untold(which) => ("change that no client was told of", which),
            Self::Unexplained(which) => ("recovery that the API does not explain", which),
            Self::NoHole(which) => ("loss that is not shown as a hole", which),
            Self::StillIll(which) => ("not well again", which),
            Self::NotRecovered(which) => ("missed, not shown as recovered", which),
            Self::Renewals(which) => ("not renewed exactly once", which),
            Self::Unsent(which) => ("not sent because a token ended", which),
            Self::Ledger(which) => ("ledger", which),
        };
        write!(f, "{what}: {which}")
    }
}
