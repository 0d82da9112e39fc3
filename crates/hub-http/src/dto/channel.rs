//! How an account's channel stands.

use super::account::ReadingDto;
use hub_app::channels::ChannelView;
use hub_domain::{Evidence, Hole, time};
use serde::Serialize;
use utoipa::ToSchema;

/// How an account's channel stands, since when, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = ChannelHealth)]
pub(crate) struct ChannelDto {
    account_id: String,
    /// Published platform name.
    platform: String,
    platform_username: Option<String>,
    /// `ok`, `catching_up`, `suspect`, `rate_limited`, `transient`, `needs_reauth`, `permissions`, `misconfigured`,
    /// `taken_over` or `off`.
    state: &'static str,
    since: String,
    /// What the person can do: `none`, `wait`, `reconnect`, `reclaim`, `fix_permissions` or `fix_settings`.
    action: &'static str,
    /// Why it is so; null for accounts nothing is known of yet.
    evidence: Option<EvidenceDto>,
    /// How far the reading of what was said before has got; null when nothing is being read.
    progress: Option<ReadingDto>,
    /// When something last arrived.
    last_event_at: Option<String>,
    /// When a call to the platform last worked.
    last_success_at: Option<String>,
    /// When the platform is asked next.
    next_probe_at: Option<String>,
    /// Times whose messages cannot be had any more, newest first.
    holes: Vec<HoleDto>,
}

/// What was seen.
#[derive(Serialize, ToSchema)]
#[schema(as = ChannelEvidence)]
pub(crate) struct EvidenceDto {
    /// A stable word, such as `unreachable` or `credentials_refused`.
    kind: &'static str,
    /// One sentence for a person.
    words: String,
    /// The platform's code, or its HTTP status; the other host where the channel was taken over.
    code: Option<String>,
    seen_at: String,
}

/// A time whose messages cannot be had any more.
#[derive(Serialize, ToSchema)]
#[schema(as = ChannelHole)]
pub(crate) struct HoleDto {
    from: String,
    until: String,
    /// One sentence for a person.
    why: String,
}

impl From<&ChannelView> for ChannelDto {
    fn from(view: &ChannelView) -> Self {
        let account = &view.account;
        let evidence = &view.standing.evidence;
        Self {
            account_id: account.id.to_string(),
            platform: account.platform_name.clone(),
            platform_username: account.username.clone(),
            state: view.standing.state.as_str(),
            since: time::to_contract(view.standing.since),
            action: view.action.as_str(),
            evidence: (!evidence.words.is_empty()).then(|| EvidenceDto::from(evidence)),
            progress: account.reading.as_ref().filter(|_| account.is_active).map(ReadingDto::from),
            last_event_at: view.last_event_at.map(time::to_contract),
            last_success_at: view.last_success_at.map(time::to_contract),
            next_probe_at: view.next_probe_at.map(time::to_contract),
            holes: view.holes.iter().map(HoleDto::from).collect(),
        }
    }
}

impl From<&Evidence> for EvidenceDto {
    fn from(evidence: &Evidence) -> Self {
        Self {
            kind: evidence.kind.as_str(),
            words: evidence.words.clone(),
            code: evidence.code.clone(),
            seen_at: time::to_contract(evidence.seen_at),
        }
    }
}

impl From<&Hole> for HoleDto {
    fn from(hole: &Hole) -> Self {
        Self { from: time::to_contract(hole.from), until: time::to_contract(hole.until), why: hole.why.clone() }
    }
}
