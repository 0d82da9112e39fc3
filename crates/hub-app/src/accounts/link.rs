//! The end of linking: the account's row, its sealed tokens, and the work that follows, in one transaction.

use super::disconnect::sealed_for_revoking;
use super::grants::{seal_tokens, stored_grant};
use super::subscribe_webhook;
use crate::channels::apply;
use crate::clock::new_id;
use crate::{App, Result, jobs};
use chrono::TimeDelta;
use hub_domain::connect::LinkedIdentity;
use hub_domain::{
    Account, AccountHealth, ChannelState, EventBody, Evidence, EvidenceKind, RemoteAccountId, UserId, text,
};
use hub_platform_kit::card::Pull;
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::{Card, Grant, PlatformHandle};
use hub_store::{LinkedAccount, NewEvent};
use secrecy::ExposeSecret;

/// The regular reading of a new account begins this long after what there is already was read.
const FIRST_READING: TimeDelta = TimeDelta::minutes(1);

/// Links, or links again: an existing row keeps its id and its history. A sign-in to a whole account that cannot be kept is ended
/// at the platform, for nobody would ever end it.
pub(super) async fn link(
    app: &App,
    user_id: UserId,
    handle: &PlatformHandle,
    method: &str,
    identity: &LinkedIdentity,
    tokens: &Tokens,
) -> Result<Account> {
    let grant = Grant {
        account_id: new_id(),
        remote_id: identity.remote_id.clone(),
        access_token: tokens.access.clone(),
        refresh_token: tokens.refresh.clone(),
        expires_at: tokens.expires_at,
        facts: identity.facts.clone(),
    };
    let subscriber = handle.subscriber(&grant);
    let outcome = keep(app, user_id, handle.card(), method, identity, tokens, subscriber.as_ref()).await;
    if outcome.is_err()
        && handle.card().way(method).is_some_and(|way| way.full_access)
        && let Err(error) = handle.revoke(&grant).await
    {
        tracing::warn!(kind = error.kind.label(), "a sign-in that could not be kept could not be ended either");
    }
    outcome
}

/// The session at the platform that a new one takes the place of; it would stay in the person's list of devices.
async fn replaced(app: &App, user_id: UserId, card: &Card, identity: &LinkedIdentity) -> Option<Grant> {
    if !card.own_sessions {
        return None;
    }
    let known = app.store().read().accounts().identity(user_id, card.published_name, &identity.remote_id).await;
    Some(stored_grant(app, known.ok()??).await.ok()?.1)
}

async fn keep(
    app: &App,
    user_id: UserId,
    card: &Card,
    method: &str,
    identity: &LinkedIdentity,
    tokens: &Tokens,
    subscriber: Option<&RemoteAccountId>,
) -> Result<Account> {
    let now = app.now();
    let replaced = replaced(app, user_id, card, identity).await;
    let tx = app.store().begin().await?;
    // Tokens are sealed under the row's id, so the id must be known first.
    let known = tx.accounts().identity(user_id, card.published_name, &identity.remote_id).await?;
    let id = known.unwrap_or_else(new_id);
    let account = tx
        .accounts()
        .upsert_linked(&LinkedAccount {
            id,
            user_id,
            platform_name: card.published_name.to_owned(),
            kind: card.account_kind.map(str::to_owned),
            remote_id: identity.remote_id.clone(),
            username: identity.username.as_deref().map(text::fit_name),
            group: identity.group.clone(),
            method: method.to_owned(),
            grantor: identity.grantor.clone(),
            facts: (!identity.facts.is_null()).then(|| identity.facts.to_string()),
            tokens: seal_tokens(app, id, tokens),
            at: now,
        })
        .await?;
    if account.id != id {
        // Two requests linked the same account at once; the row that stands has another id and cannot open our seal.
        tx.accounts().save_tokens(account.id, &seal_tokens(app, account.id, tokens), now).await?;
    }
    // One word to the clients is enough: what follows from it is told with the linking itself.
    let evidence = Evidence::new(EvidenceKind::Linked, "It was linked.", now);
    apply(app, &tx, &account, &evidence).await?;
    let mut work = Vec::new();
    if let Some(replaced) = replaced.filter(|old| old.token() != tokens.access.expose_secret()) {
        work.push(jobs::revoke_grant(account.id, sealed_for_revoking(app, &replaced)?, now));
    }
    if card.intake.webhook {
        if let Some(subscriber) = subscriber {
            subscribe_webhook::wanted_anew(&tx, card, subscriber, now).await?;
        }
        work.push(jobs::subscribe_webhook(account.id, now));
    }
    let reads = match card.intake.pull {
        Pull::Every(_) | Pull::Backfill => true,
        // A line goes on where it was.
        Pull::Line => tx.cursors().get(account.id).await?.is_none(),
        Pull::No | Pull::LongPollWithoutWebhook => false,
    };
    if reads {
        tx.channels().begin_reading(account.id, now).await?;
    }
    match card.intake.pull {
        Pull::Backfill => work.push(jobs::backfill(account.id, now)),
        // Once now; the regular reading begins when its time comes.
        Pull::Every(_) => work.extend([jobs::backfill(account.id, now), jobs::poll(account.id, now + FIRST_READING)]),
        Pull::No | Pull::LongPollWithoutWebhook | Pull::Line => {}
    }
    tx.jobs().enqueue_many(&work).await?;
    let body = EventBody::AccountChanged { account_id: account.id };
    app.commit(tx, vec![NewEvent { user_id, at: now, body }]).await?;
    app.bus().wake_workers();
    Ok(Account { state: ChannelState::Ok, health: AccountHealth::Ok, ..account })
}
