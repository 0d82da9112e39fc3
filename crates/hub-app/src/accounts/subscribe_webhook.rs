//! The job that asks a platform to call us, with a fresh random secret and path for every subscriber.

use super::grants::{call_with, open_grant};
use crate::channels;
use crate::clock::{self, new_id};
use crate::jobs::{self, Outcome};
use crate::{App, AppError, Result};
use chrono::TimeDelta;
use hub_domain::{Account, AccountHealth, AccountId, ChannelState, Evidence, EvidenceKind, RemoteAccountId, Timestamp};
use hub_platform_kit::card::Pull;
use hub_platform_kit::webhook::{Callback, Inquiry, Inspection, Previous};
use hub_platform_kit::{Card, ErrorKind, Grant, PlatformError, PlatformHandle, Remedy, Secret};
use hub_store::{StoreError, Subscription, Tx};
use secrecy::ExposeSecret;
use url::Url;

/// Accounts looked at in one query.
const ACCOUNTS_PER_PAGE: u32 = 500;
/// What the platform refused to subscribe at first is asked for again after so many looks at the channel.
const LOOKS_BETWEEN_TRIES: u32 = 4;
/// State of a subscription that the platform refused.
const FAILED: &str = "failed";
/// State of a subscription that the platform does not know any more.
const GONE: &str = "gone";

pub(crate) fn secret_context(subscription: uuid::Uuid) -> String {
    format!("hub_subscriptions.secret.{subscription}")
}

/// The secret of a stored subscription; `None` when no key opens it.
pub(crate) fn open_secret(app: &App, subscription: &Subscription) -> Option<String> {
    let bytes = app.sealer().unwrap(&secret_context(subscription.id), &subscription.secret)?;
    String::from_utf8(bytes).ok()
}

pub(crate) fn memory_context(subscription: uuid::Uuid) -> String {
    format!("hub_subscriptions.memory.{subscription}")
}

/// What the adapter wanted to remember of a subscription; `Null` when there is nothing, or no key opens it.
pub(crate) fn open_memory(app: &App, subscription: &Subscription) -> serde_json::Value {
    let sealed = subscription.memory.as_deref();
    let bytes = sealed.and_then(|sealed| app.sealer().unwrap(&memory_context(subscription.id), sealed));
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// A subscription as the adapter knows it.
pub(super) fn previous(app: &App, known: &Subscription) -> Previous {
    Previous { remote_id: known.remote_subscription.clone(), memory: open_memory(app, known) }
}

/// Asks the platform to call us for this account. Without a public address there is nothing to do: the hub asks instead. Nor is
/// there while the platform calls somebody else: only the owner takes a channel back.
pub async fn subscribe_webhook(app: &App, id: AccountId) -> Outcome {
    match unless_taken(app, id).await {
        Ok(outcome) => outcome,
        Err(AppError::AccountInactive | AppError::AccountNotFound | AppError::AccountNeedsReauth) => Outcome::Done,
        Err(error) => jobs::again(&error),
    }
}

async fn unless_taken(app: &App, id: AccountId) -> Result<Outcome> {
    if app.settings().public_url.is_none() {
        return Ok(Outcome::Done);
    }
    let (account, grant) = open_grant(app, id).await?;
    if account.state == ChannelState::TakenOver {
        return Ok(Outcome::Done);
    }
    // Somebody may have taken it since the platform was last asked.
    if let Some((inspection @ Inspection::TakenOver { .. }, began)) = channels::ask(app, &account, &grant).await?
        && let Some(channel) = app.store().read().channels().get(id).await?
    {
        channels::take(app, (&account, &grant), &inspection, &channel, began).await?;
        return Ok(Outcome::Done);
    }
    let Some(error) = try_subscribe(app, &account, &grant).await? else { return Ok(Outcome::Done) };
    let why = error.to_string();
    Ok(match error.kind.remedy(true) {
        Remedy::RetryLater | Remedy::Unconfirmed => Outcome::Again { after: None, counts: true, why },
        Remedy::RetryAfter(wait) => Outcome::Again { after: Some(wait), counts: false, why },
        Remedy::MarkAccount | Remedy::Fail | Remedy::RestPlatform => Outcome::Dead { why },
    })
}

/// Asks again for what the platform once refused and never confirmed; the reason may be gone by now.
pub(crate) async fn try_again(app: &App, account: &Account, grant: &Grant) -> Result<()> {
    let handle = app.handle_of(account)?;
    let Some(subscriber) = handle.subscriber(grant).filter(|_| app.settings().public_url.is_some()) else {
        return Ok(());
    };
    let (name, kind) = (handle.card().published_name, account.kind.as_deref());
    let known = app.store().read().subscriptions().by_account(name, kind, &subscriber).await?;
    let rest = TimeDelta::from_std(app.settings().probe_interval * LOOKS_BETWEEN_TRIES).unwrap_or_default();
    let is_due =
        |known: &Subscription| known.state == FAILED && known.address.is_none() && known.at + rest <= app.now();
    if known.is_some_and(|known| is_due(&known)) {
        let tx = app.store().begin().await?;
        tx.jobs().enqueue_many(&[jobs::subscribe_webhook(account.id, app.now())]).await?;
        app.commit(tx, Vec::new()).await?;
        app.bus().wake_workers();
    }
    Ok(())
}

/// Asks the platform to call us, whoever it calls now: its owner wants the account back.
pub(crate) async fn reclaim_now(app: &App, account: &Account) -> Result<()> {
    let (account, grant) = open_grant(app, account.id).await?;
    let platform = account.platform_name.clone();
    match try_subscribe(app, &account, &grant).await? {
        None => Ok(()),
        Some(error) => Err(AppError::Platform { platform, error }),
    }
}

/// What is needed to ask how the subscription stands; `None` = the platform never confirmed one, or is being asked for it.
pub(crate) async fn inquiry(app: &App, account: &Account, grant: &Grant) -> Result<Option<Inquiry>> {
    let Some(base) = app.settings().public_url.clone() else { return Ok(None) };
    let handle = app.handle_of(account)?;
    let Some(subscriber) = handle.subscriber(grant) else { return Ok(None) };
    let (name, kind) = (handle.card().published_name, account.kind.as_deref());
    let known = app.store().read().subscriptions().by_account(name, kind, &subscriber).await?;
    // Whoever tried in vain to take an account back still wants to know when it is let go; and what is gone, or could not be made
    // anew, may be somebody else's by now.
    let is_taken = account.state == ChannelState::TakenOver;
    let was_ours = |known: &Subscription| match known.state.as_str() {
        "active" | GONE => true,
        FAILED if known.address.is_some() => true,
        _ => is_taken,
    };
    let Some(known) = known.filter(was_ours) else { return Ok(None) };
    let fixed = handle.fixed_callback_secret(grant).is_some();
    let url = callback_url(&base, handle, fixed, &known.path_key)?;
    Ok(Some(Inquiry { url, confirmed: known.address.clone(), previous: Some(previous(app, &known)), now: app.now() }))
}

/// Whoever links an account wants it here, whoever has it now: what is known of the subscription does not count as confirmed any
/// more, so that the platform is asked to call and not whom it calls.
pub(super) async fn wanted_anew(
    tx: &Tx,
    card: &Card,
    subscriber: &RemoteAccountId,
    now: Timestamp,
) -> Result<(), StoreError> {
    match tx.subscriptions().by_account(card.published_name, card.account_kind, subscriber).await? {
        Some(known) => tx.subscriptions().set_state(known.id, "pending", None, now).await,
        None => Ok(()),
    }
}

/// The platform says that the subscription is gone: what is known of it does not count as confirmed any more, and it is made
/// anew. Should that fail, the next look at the channel finds it gone again.
pub(crate) async fn gone(app: &App, tx: &Tx, account: &Account, grant: &Grant) -> Result<()> {
    let handle = app.handle_of(account)?;
    let Some(subscriber) = handle.subscriber(grant) else { return Ok(()) };
    let (name, kind) = (handle.card().published_name, account.kind.as_deref());
    let Some(known) = tx.subscriptions().by_account(name, kind, &subscriber).await? else { return Ok(()) };
    let why = "the platform does not know it any more";
    tx.subscriptions().set_state(known.id, GONE, Some(why), app.now()).await?;
    // At first at once, whatever waits already, such as a renewal that failed; then as one job that is tried ever more rarely.
    let again = known.state == GONE;
    let work = if again { jobs::subscribe_webhook } else { jobs::resubscribe };
    tx.jobs().enqueue_many(&[work(account.id, app.now())]).await?;
    Ok(())
}

/// A secret fixed by the operator belongs to the address the originals registered.
fn callback_url(base: &str, handle: &PlatformHandle, fixed: bool, path_key: &str) -> Result<Url> {
    let name = handle.card().published_name;
    let path = if fixed { format!("/api/webhooks/{name}") } else { format!("/api/webhooks/{name}/{path_key}") };
    Url::parse(&format!("{base}{path}")).map_err(|e| AppError::Internal(format!("WEBHOOK_BASE_URL: {e}")))
}

/// Leaves a job for every active account whose platform calls.
pub(crate) async fn subscribe_all(app: &App) -> Result<()> {
    if app.settings().public_url.is_none() {
        return Ok(());
    }
    let mut after = None;
    loop {
        let page = app.store().read().accounts().all_active(after, ACCOUNTS_PER_PAGE).await?;
        after = page.last().map(|account| account.id);
        let full = page.len() as u64 == u64::from(ACCOUNTS_PER_PAGE);
        let calls = |account: &&hub_domain::Account| {
            account.health == AccountHealth::Ok
                && account.state != ChannelState::TakenOver
                && app.handle_of(account).is_ok_and(|h| h.card().intake.webhook)
        };
        let work: Vec<_> = page.iter().filter(calls).map(|a| jobs::subscribe_webhook(a.id, app.now())).collect();
        if !work.is_empty() {
            let tx = app.store().begin().await?;
            tx.jobs().enqueue_many(&work).await?;
            app.commit(tx, Vec::new()).await?;
        }
        if !full {
            app.bus().wake_workers();
            return Ok(());
        }
    }
}

/// Leaves a job for every subscription that is to be renewed now.
pub(crate) async fn renew_due(app: &App) -> Result<()> {
    let now = app.now();
    let due = app.store().read().subscriptions().due(now, ACCOUNTS_PER_PAGE).await?;
    if due.is_empty() {
        return Ok(());
    }
    let work: Vec<_> = due.into_iter().map(|account| jobs::subscribe_webhook(account, now)).collect();
    let tx = app.store().begin().await?;
    tx.jobs().enqueue_many(&work).await?;
    app.commit(tx, Vec::new()).await?;
    app.bus().wake_workers();
    Ok(())
}

/// Subscribes; gives what the platform has against it.
async fn try_subscribe(app: &App, account: &Account, grant: &Grant) -> Result<Option<PlatformError>> {
    let Some(base) = app.settings().public_url.clone() else { return Ok(None) };
    let id = account.id;
    let handle = app.handle_of(account)?;
    let Some(subscriber) = handle.subscriber(grant) else { return Ok(None) };
    let name = handle.card().published_name;
    let fixed = handle.fixed_callback_secret(grant);

    let known = app.store().read().subscriptions().by_account(name, account.kind.as_deref(), &subscriber).await?;
    let row = known.as_ref().map_or_else(new_id, |s| s.id);
    let path_key = known.as_ref().map_or_else(random_hex, |s| Ok(s.path_key.clone()))?;
    let secret = match (&fixed, known.as_ref().and_then(|s| open_secret(app, s))) {
        (Some(fixed), _) => fixed.expose_secret().to_owned(),
        (None, Some(kept)) => kept,
        (None, None) => random_hex()?,
    };
    // Stored before the platform knows it: its first call may come before its answer.
    let now = app.now();
    let mut subscription = Subscription {
        id: row,
        platform: name.to_owned(),
        kind: account.kind.clone(),
        remote_id: subscriber,
        secret_digest: hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes())),
        secret: app.sealer().wrap(&secret_context(row), secret.as_bytes()),
        path_key: path_key.clone(),
        state: "pending".to_owned(),
        renew_at: None,
        at: now,
        remote_subscription: known.as_ref().and_then(|s| s.remote_subscription.clone()),
        memory: known.as_ref().and_then(|s| s.memory.clone()),
        account: Some(id),
        address: known.as_ref().and_then(|s| s.address.clone()),
    };
    let previous = known.as_ref().map(|known| previous(app, known));
    let tx = app.store().begin().await?;
    tx.subscriptions().upsert(&subscription).await?;
    app.commit(tx, Vec::new()).await?;

    let url = callback_url(&base, handle, fixed.is_some(), &path_key)?;
    let callback = Callback { url, secret: Secret::from(secret), previous, now };
    let callback = &callback;
    let ask = |grant: Grant| async move { handle.subscribe(&grant, callback).await };
    match call_with(app, account, grant, "subscribe", ask).await {
        Ok(confirmed) => {
            "active".clone_into(&mut subscription.state);
            subscription.renew_at = confirmed.renew_at;
            subscription.address = Some(callback.url.to_string());
            subscription.remote_subscription = confirmed.remote_id;
            let memory = (!confirmed.memory.is_null()).then(|| confirmed.memory.to_string());
            subscription.memory = memory.map(|memory| app.sealer().wrap(&memory_context(row), memory.as_bytes()));
            let tx = app.store().begin().await?;
            tx.subscriptions().upsert(&subscription).await?;
            let words = "The platform confirmed that it calls this hub.";
            let evidence = Evidence::new(EvidenceKind::Subscribed, words, now);
            let followed = channels::apply(app, &tx, account, &evidence).await?;
            app.commit(tx, followed.events).await?;
            if followed.enqueued {
                app.bus().wake_workers();
            }
            Ok(None)
        }
        Err(error) => {
            let tx = app.store().begin().await?;
            // What is gone stays so until it is made anew.
            let state = if known.is_some_and(|known| known.state == GONE) { GONE } else { FAILED };
            tx.subscriptions().set_state(row, state, Some(&error.to_string()), app.now()).await?;
            let mut events = Vec::new();
            if let Some(evidence) = refusal(app, handle, &subscription, &error) {
                events = channels::apply(app, &tx, account, &evidence).await?.events;
            }
            app.commit(tx, events).await?;
            Ok(Some(error))
        }
    }
}

/// A channel that was never called for and is not read regularly either is dead, however well its other calls work: it says so.
/// What passes, and what is wrong with the sign-in, the call itself has written down; what was confirmed once is looked at.
fn refusal(app: &App, handle: &PlatformHandle, subscription: &Subscription, error: &PlatformError) -> Option<Evidence> {
    use ErrorKind::{BadInput, Misconfigured, NotFound, Rejected, UnexpectedReply, Unsupported};
    let is_read = matches!(handle.card().intake.pull, Pull::Every(_) | Pull::Line);
    let is_no = matches!(error.kind, BadInput | Misconfigured | NotFound | Rejected | UnexpectedReply | Unsupported);
    let words = format!("The platform refuses to call this hub: {}", error.message);
    let evidence = Evidence::new(EvidenceKind::NotSubscribed, words, app.now());
    (is_no && !is_read && subscription.address.is_none()).then(|| evidence.with_code(error.remote_code.as_deref()))
}

fn random_hex() -> Result<String> {
    clock::random_hex().ok_or_else(|| AppError::Internal("no randomness".to_owned()))
}
