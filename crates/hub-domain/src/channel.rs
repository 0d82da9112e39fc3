//! How a linked account's channel stands, and the one rule by which evidence changes it.
//!
//! Nothing but evidence moves a channel. Trouble that passes never asks for a new sign-in; only an answer about credentials
//! does. The rule is a pure function, so every sequence of events can be tried.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// Longest sentence kept with a piece of evidence, in characters.
pub const MAX_WORDS: usize = 300;
/// Longest code of a platform kept with it, in characters.
pub const MAX_CODE: usize = 100;

/// Wrong settings may concern one kind of call only, while others work: so long after they were seen, a call that works is
/// believed to disprove them. In seconds.
const MISCONFIGURED_HOLDS: i64 = 10 * 60;

/// How a channel stands, from well to gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelState {
    /// It works.
    #[default]
    Ok,
    /// What was missed is being read back.
    CatchingUp,
    /// The platform wants fewer calls.
    RateLimited,
    /// The platform does not answer, or answers with its own trouble. Waiting helps.
    Transient,
    /// It looks well but may be dead: silent for unusually long, or its subscription is gone.
    Suspect,
    /// The settings of this hub, or of its app at the platform, are wrong.
    Misconfigured,
    /// The sign-in is good but does not allow what is needed.
    Permissions,
    /// The platform calls somebody else in our place.
    TakenOver,
    /// The platform said, in an answer about credentials, that the sign-in is dead.
    NeedsReauth,
    /// Disconnected by its owner.
    Off,
}

impl ChannelState {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Ok,
        Self::CatchingUp,
        Self::RateLimited,
        Self::Transient,
        Self::Suspect,
        Self::Misconfigured,
        Self::Permissions,
        Self::TakenOver,
        Self::NeedsReauth,
        Self::Off,
    ];

    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::CatchingUp => "catching_up",
            Self::RateLimited => "rate_limited",
            Self::Transient => "transient",
            Self::Suspect => "suspect",
            Self::Misconfigured => "misconfigured",
            Self::Permissions => "permissions",
            Self::TakenOver => "taken_over",
            Self::NeedsReauth => "needs_reauth",
            Self::Off => "off",
        }
    }

    /// Reads a stored value; nothing, or anything unknown, counts as well, because only evidence may accuse.
    pub fn from_stored(value: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|state| Some(state.as_str()) == value).unwrap_or_default()
    }

    /// Of two kinds of trouble the graver one is shown.
    fn gravity(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::CatchingUp => 1,
            Self::RateLimited => 2,
            Self::Transient => 3,
            Self::Suspect => 4,
            Self::Misconfigured => 5,
            Self::Permissions => 6,
            Self::TakenOver => 7,
            Self::NeedsReauth => 8,
            Self::Off => 9,
        }
    }

    /// What the person can do about it.
    pub fn action(self) -> Action {
        match self {
            Self::Ok => Action::None,
            Self::CatchingUp | Self::RateLimited | Self::Transient | Self::Suspect => Action::Wait,
            Self::Misconfigured => Action::FixSettings,
            Self::Permissions => Action::FixPermissions,
            Self::TakenOver => Action::Reclaim,
            Self::NeedsReauth | Self::Off => Action::Reconnect,
        }
    }
}

/// What a person can do about a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing; it works.
    None,
    /// Nothing; it passes, or the hub sees to it.
    Wait,
    /// Sign in at the platform again.
    Reconnect,
    /// Have the platform call this hub again instead of somebody else.
    Reclaim,
    /// Give the missing permissions at the platform.
    FixPermissions,
    /// See to the settings of the hub or of its app at the platform.
    FixSettings,
}

impl Action {
    /// As shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Wait => "wait",
            Self::Reconnect => "reconnect",
            Self::Reclaim => "reclaim",
            Self::FixPermissions => "fix_permissions",
            Self::FixSettings => "fix_settings",
        }
    }
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The person linked it, or linked it again.
    #[default]
    Linked,
    /// A call with its grant worked.
    Worked,
    /// The platform renewed or confirmed the grant in an answer about credentials.
    Accepted,
    /// The platform confirmed that it calls us.
    Subscribed,
    /// The platform was asked, and all is as it should be: it calls us, and may.
    Standing,
    /// A delivery came.
    Arrived,
    /// Reading back what was missed began.
    ReadingBack,
    /// Reading back began to find out whether a silence is real.
    CheckingSilence,
    /// All there was to read back was read.
    ReadBack,
    /// It was silent, and there was nothing to be told.
    SilenceConfirmed,
    /// The platform wants fewer calls.
    SlowDown,
    /// No answer in time, no connection, or trouble of the platform's own.
    Unreachable,
    /// Nothing came for unusually long.
    Silent,
    /// The subscription is gone or has ended.
    SubscriptionGone,
    /// Reading found what should have been pushed.
    PushDead,
    /// The platform says that it could not deliver.
    NotDelivered,
    /// The platform refuses the hub's app or address.
    Misconfigured,
    /// The platform refuses to call the hub, and nothing else brings its messages.
    NotSubscribed,
    /// Permissions are missing.
    PermissionsLack,
    /// The platform calls another address.
    TakenOver,
    /// The platform refused the credentials.
    CredentialsRefused,
    /// Its owner disconnected it.
    Disconnected,
}

impl EvidenceKind {
    /// As shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Worked => "worked",
            Self::Accepted => "accepted",
            Self::Subscribed => "subscribed",
            Self::Standing => "standing",
            Self::Arrived => "arrived",
            Self::ReadingBack => "reading_back",
            Self::CheckingSilence => "checking_silence",
            Self::ReadBack => "read_back",
            Self::SilenceConfirmed => "silence_confirmed",
            Self::SlowDown => "slow_down",
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
            Self::SubscriptionGone => "subscription_gone",
            Self::PushDead => "push_dead",
            Self::NotDelivered => "not_delivered",
            Self::Misconfigured => "misconfigured",
            Self::NotSubscribed => "not_subscribed",
            Self::PermissionsLack => "permissions_lack",
            Self::TakenOver => "taken_over",
            Self::CredentialsRefused => "credentials_refused",
            Self::Disconnected => "disconnected",
        }
    }

    /// The trouble it is a sign of; `None` = it is good news.
    fn trouble(self) -> Option<ChannelState> {
        Some(match self {
            Self::SlowDown => ChannelState::RateLimited,
            Self::Unreachable => ChannelState::Transient,
            Self::Silent | Self::SubscriptionGone | Self::PushDead | Self::NotDelivered => ChannelState::Suspect,
            Self::Misconfigured | Self::NotSubscribed => ChannelState::Misconfigured,
            Self::PermissionsLack => ChannelState::Permissions,
            Self::TakenOver => ChannelState::TakenOver,
            Self::CredentialsRefused => ChannelState::NeedsReauth,
            Self::Disconnected => ChannelState::Off,
            _ => return None,
        })
    }

    /// Whether this good news ends that trouble, which `cause` began.
    fn ends(self, state: ChannelState, cause: Self) -> bool {
        use ChannelState::{
            CatchingUp, Misconfigured, NeedsReauth, Permissions, RateLimited, Suspect, TakenOver, Transient,
        };
        match self {
            Self::Worked => matches!(state, RateLimited | Transient),
            Self::Accepted => match state {
                RateLimited | Transient | NeedsReauth => true,
                Misconfigured => cause != Self::NotSubscribed,
                _ => false,
            },
            Self::Arrived => match state {
                RateLimited | Transient | Suspect => true,
                Misconfigured => cause == Self::NotSubscribed,
                _ => false,
            },
            Self::Subscribed => state != CatchingUp,
            // Of silence the platform's word is not enough: what it did not send it may not know. Nor does it speak of the sign-in: some
            // platforms are asked in the app's name.
            Self::Standing => match state {
                RateLimited | Transient | Misconfigured | Permissions | TakenOver => true,
                Suspect => matches!(cause, Self::NotDelivered | Self::SubscriptionGone),
                _ => false,
            },
            Self::SilenceConfirmed => matches!(state, Suspect | CatchingUp),
            Self::ReadBack => state == CatchingUp,
            _ => false,
        }
    }
}

/// A piece of evidence: never a secret, never words of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was seen.
    pub kind: EvidenceKind,
    /// One sentence for a person.
    pub words: String,
    /// The platform's own code, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When. Of a call: when it began, so that a late answer cannot undo what is newer.
    pub seen_at: Timestamp,
}

impl Evidence {
    /// Evidence without a code.
    pub fn new(kind: EvidenceKind, words: impl Into<String>, seen_at: Timestamp) -> Self {
        let words: String = words.into();
        Self { kind, words: words.chars().take(MAX_WORDS).collect(), code: None, seen_at }
    }

    /// With the platform's code, if it gave one.
    #[must_use]
    pub fn with_code(mut self, code: Option<&str>) -> Self {
        self.code = code.map(|code| code.chars().take(MAX_CODE).collect());
        self
    }
}

/// How a channel stands, since when, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How.
    pub state: ChannelState,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub evidence: Evidence,
}

/// The standing after `evidence`; `None` = it changes nothing, so nothing is to be written or told.
///
/// * A new linking makes everything well; disconnecting ends everything but a new linking.
/// * Trouble takes the place of lesser trouble, and never of graver: in whatever order it is seen, the gravest stays. Only a
///   platform that calls nobody any more calls nobody in our place either.
/// * Good news ends the trouble it disproves, and no other.
/// * A suspicion that finds its reason stays one, since when it was, and is shown with the reason from then on. So do wrong
///   settings because of which the platform does not call: other calls that work prove nothing about them.
/// * Of two contradicting pieces of evidence the one seen later counts, whichever was written down first.
/// * Refused credentials were refused when the answer came, however long the call had been under way: a success of a call that
///   had begun by then proves nothing any more. New credentials do, whenever they were asked for.
pub fn next(current: &Standing, evidence: &Evidence, now: Timestamp) -> Option<Standing> {
    let state = next_state(current, evidence, now)?;
    let stays = state == current.state;
    (!stays || explains(current, evidence)).then(|| Standing {
        state,
        since: if stays { current.since } else { now },
        evidence: evidence.clone(),
    })
}

/// True for the reason of what was only a suspicion, or for the graver reason of the same trouble.
fn explains(current: &Standing, evidence: &Evidence) -> bool {
    use EvidenceKind::{Misconfigured, NotDelivered, NotSubscribed, PushDead, Silent, SubscriptionGone};
    match (current.state, current.evidence.kind, evidence.kind) {
        (ChannelState::Suspect, Silent | NotDelivered, SubscriptionGone | PushDead) => true,
        (ChannelState::Misconfigured, cause, reason) => cause == Misconfigured && reason == NotSubscribed,
        _ => false,
    }
}

/// True when evidence of this kind could change a channel in this state: a check that costs nothing, before the row is read.
pub fn may_change(state: ChannelState, kind: EvidenceKind) -> bool {
    let causes =
        [EvidenceKind::Silent, EvidenceKind::NotDelivered, EvidenceKind::Misconfigured, EvidenceKind::NotSubscribed];
    causes.into_iter().any(|cause| {
        let evidence = Evidence { kind, ..Evidence::default() };
        let current =
            Standing { state, evidence: Evidence { kind: cause, ..Evidence::default() }, ..Standing::default() };
        next(&current, &evidence, Timestamp::MAX_UTC).is_some()
    })
}

fn next_state(current: &Standing, evidence: &Evidence, now: Timestamp) -> Option<ChannelState> {
    let is_older = evidence.seen_at < current.evidence.seen_at;
    match (current.state, evidence.kind) {
        (_, EvidenceKind::Linked) => Some(ChannelState::Ok),
        (ChannelState::Off, _) => None,
        (_, EvidenceKind::Disconnected) => Some(ChannelState::Off),
        (
            ChannelState::Ok | ChannelState::Transient | ChannelState::Suspect,
            EvidenceKind::ReadingBack | EvidenceKind::CheckingSilence,
        ) => Some(ChannelState::CatchingUp),
        // Nobody is called any more: whoever took it has let go.
        (ChannelState::TakenOver, EvidenceKind::SubscriptionGone) => (!is_older).then_some(ChannelState::Suspect),
        _ if explains(current, evidence) => (!is_older).then_some(current.state),
        (ChannelState::Misconfigured, EvidenceKind::Worked) if current.evidence.kind != EvidenceKind::NotSubscribed => {
            let held = now.signed_duration_since(current.since).num_seconds();
            (!is_older && held >= MISCONFIGURED_HOLDS).then_some(ChannelState::Ok)
        }
        (ChannelState::NeedsReauth, EvidenceKind::Subscribed) => {
            (evidence.seen_at >= current.since).then_some(ChannelState::Ok)
        }
        (state, kind) => match kind.trouble() {
            // What was seen before the channel was well again is over.
            Some(_) if is_older && state.gravity() <= ChannelState::CatchingUp.gravity() => None,
            Some(trouble) => (trouble.gravity() > state.gravity()).then_some(trouble),
            None => (!is_older && kind.ends(state, current.evidence.kind)).then_some(ChannelState::Ok),
        },
    }
}

/// A time of which a channel's messages cannot be had any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why, in one sentence for a person.
    pub why: String,
}
