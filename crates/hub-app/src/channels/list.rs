//! How the caller's channels stand.

use crate::{App, AppError, Caller, Result};
use hub_domain::channel::Action;
use hub_domain::{Account, AccountId, ChannelState, Evidence, EvidenceKind, Hole, Standing, Timestamp};
use hub_store::Channel;
use std::collections::HashMap;

/// A channel as its owner sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelView {
    /// The account.
    pub account: Account,
    /// How it stands, since when and why.
    pub standing: Standing,
    /// What its owner can do.
    pub action: Action,
    /// When something last arrived.
    pub last_event_at: Option<Timestamp>,
    /// When a call last worked.
    pub last_success_at: Option<Timestamp>,
    /// When the platform is asked next.
    pub next_probe_at: Option<Timestamp>,
    /// Times whose messages cannot be had any more, newest first.
    pub holes: Vec<Hole>,
}

/// The caller's accounts, newest first, disconnected ones included.
pub async fn channels(app: &App, caller: &Caller) -> Result<Vec<ChannelView>> {
    let session = app.store().read();
    let accounts = session.accounts().list(caller.user_id).await?;
    let known = session.channels().list(caller.user_id).await?;
    let mut known: HashMap<AccountId, Channel> = known.into_iter().map(|channel| (channel.account, channel)).collect();
    let mut shown = Vec::with_capacity(accounts.len());
    for account in accounts {
        let channel = known.remove(&account.id);
        let holes = session.channels().holes(account.id).await?;
        shown.push(view(app, account, channel, holes));
    }
    Ok(shown)
}

/// One of them.
pub(super) async fn one(app: &App, caller: &Caller, id: AccountId) -> Result<ChannelView> {
    let session = app.store().read();
    let account = session.accounts().find(caller.user_id, id).await?.ok_or(AppError::AccountNotFound)?;
    whole(app, account).await
}

/// How an account stands, with its holes.
pub(crate) async fn whole(app: &App, account: Account) -> Result<ChannelView> {
    let session = app.store().read();
    let channel = session.channels().get(account.id).await?;
    let holes = session.channels().holes(account.id).await?;
    Ok(view(app, account, channel, holes))
}

/// How many accounts stand, in their order, without their holes.
pub(crate) async fn shown(app: &App, accounts: Vec<Account>) -> Result<Vec<ChannelView>> {
    let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    let known = app.store().read().channels().many(&ids).await?;
    let mut known: HashMap<AccountId, Channel> = known.into_iter().map(|channel| (channel.account, channel)).collect();
    let views = accounts.into_iter().map(|account| {
        let channel = known.remove(&account.id);
        view(app, account, channel, Vec::new())
    });
    Ok(views.collect())
}

fn view(app: &App, account: Account, channel: Option<Channel>, holes: Vec<Hole>) -> ChannelView {
    let newer = app.signs().of(account.id);
    let (known, last_event_at, last_success_at, next_probe_at) = match channel {
        Some(c) => (Some(c.standing), c.last_event_at, c.last_success_at, c.probe_at),
        None => (None, None, None, None),
    };
    // An account that was disconnected before there were states has none of its own.
    let standing = known.filter(|standing| standing.state == account.state).unwrap_or_else(|| Standing {
        state: account.state,
        since: account.updated_at,
        ..Standing::default()
    });
    let standing = match (&account.reading, standing.state) {
        (Some(reading), ChannelState::Ok) => Standing {
            state: account.shown_state(),
            since: reading.since,
            evidence: Evidence::new(EvidenceKind::ReadingBack, reading.words(), reading.since),
        },
        _ => standing,
    };
    let is_off = account.state == ChannelState::Off;
    ChannelView {
        action: standing.state.action(),
        last_event_at: last_event_at.max(newer.event_at),
        last_success_at: last_success_at.max(newer.success_at),
        next_probe_at: next_probe_at.filter(|_| !is_off),
        standing,
        account,
        holes,
    }
}
