//! Grants: sealed in the database, opened for the call that needs them, renewed before they end by one caller at a time.

use super::adopt;
use crate::channels::{of_call, witness};
use crate::clock::new_id;
use crate::sealing::{Field, Opened};
use crate::{App, AppError, Caller, Result, usage};
use chrono::TimeDelta;
use hub_domain::{Account, AccountHealth, AccountId, EventBody, Evidence, EvidenceKind, time};
use hub_platform_kit::card::Renewal;
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Secret};
use hub_store::{NewEvent, NewNotice, SealedTokens};
use secrecy::ExposeSecret;
use std::time::Duration;
use uuid::Uuid;

/// A token that ends sooner than this is renewed before it is used.
const RENEW_BEFORE: Duration = Duration::from_mins(5);
/// A sign-in that nothing renews is announced to end this long before.
const ANNOUNCE_BEFORE: Duration = Duration::from_hours(10 * 24);
/// The notice that says so.
const SIGN_IN_ENDS: &str = "sign_in_ends";
/// Accounts looked at in one query.
const ACCOUNTS_PER_PAGE: u32 = 500;
/// Whoever needs a token that somebody else is renewing looks again this often, and so many times.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
const RENEWAL_LOOKS: u32 = 25;
/// How long one renewal may hold the account's lease.
const RENEW_LEASE: Duration = Duration::from_mins(1);

/// The place of an account's token.
pub(crate) fn field(column: &'static str, id: AccountId) -> Field<'static> {
    Field { table: "connected_accounts", column, row: id.0 }
}

/// Seals tokens under the account's id.
pub(super) fn seal_tokens(app: &App, id: AccountId, tokens: &Tokens) -> SealedTokens {
    let access = app.sealer().seal_text(field("access_token", id), tokens.access.expose_secret());
    let refresh =
        tokens.refresh.as_ref().map(|t| app.sealer().seal_text(field("refresh_token", id), t.expose_secret()));
    let (refresh_token, refresh_token_seal) = refresh.map_or((None, None), |s| (Some(s.value), s.seal));
    SealedTokens {
        access_token: access.value,
        access_token_seal: access.seal,
        refresh_token,
        refresh_token_seal,
        expires_at: tokens.expires_at,
    }
}

/// Opens the grant of an active account, renewing it first if it is about to end.
pub(crate) async fn open_grant(app: &App, id: AccountId) -> Result<(Account, Grant)> {
    let (account, grant) = stored_grant(app, id).await?;
    if is_due(app, &account, &grant) { renew(app, account, grant, Cause::Due).await } else { Ok((account, grant)) }
}

/// Whether a grant should be renewed now, by its card.
fn is_due(app: &App, account: &Account, grant: &Grant) -> bool {
    let Some(ends) = grant.expires_at else { return false };
    let now = app.now();
    match app.handle_of(account).map(|handle| handle.card().renewal) {
        Ok(Renewal::WithRefreshToken) => ends < now + RENEW_BEFORE && grant.refresh_token.is_some(),
        // What has ended cannot be renewed; the platform's own answer will say so.
        Ok(Renewal::Early { when_left }) => now < ends && ends < now + when_left,
        Ok(Renewal::Never) | Err(_) => false,
    }
}

/// Renews what is due by itself, also of accounts nobody uses: a token that ends unnoticed is a channel that is dead.
pub(crate) async fn renew_due(app: &App) -> Result<()> {
    let mut after = None;
    loop {
        let page = app.store().read().accounts().all_active(after, ACCOUNTS_PER_PAGE).await?;
        after = page.last().map(|account| account.id);
        let full = page.len() as u64 == u64::from(ACCOUNTS_PER_PAGE);
        for account in page.iter().filter(|account| account.health == AccountHealth::Ok) {
            match open_grant(app, account.id).await {
                Ok((account, grant)) => announce_end(app, &account, &grant).await?,
                Err(error) => tracing::debug!(account = %account.id, %error, "a grant could not be renewed"),
            }
        }
        if !full {
            return Ok(());
        }
    }
}

/// Says once, in time, that a sign-in ends which nothing renews.
async fn announce_end(app: &App, account: &Account, grant: &Grant) -> Result<()> {
    let renews = match app.handle_of(account)?.card().renewal {
        Renewal::Early { .. } => true,
        Renewal::WithRefreshToken => grant.refresh_token.is_some(),
        Renewal::Never => false,
    };
    let now = app.now();
    let soon = now + TimeDelta::from_std(ANNOUNCE_BEFORE).unwrap_or_default();
    let Some(ends) = grant.expires_at.filter(|ends| !renews && *ends < soon) else { return Ok(()) };
    let notice = NewNotice {
        id: new_id(),
        account_id: account.id,
        conversation_id: None,
        event_key: format!("{SIGN_IN_ENDS}:{}", ends.timestamp()),
        kind: SIGN_IN_ENDS.to_owned(),
        actor: None,
        data: serde_json::json!({ "ends_at": time::to_contract(ends) }).to_string(),
        at: now,
    };
    let tx = app.store().begin().await?;
    let is_news = tx.notices().insert(&notice).await?;
    let told =
        NewEvent { user_id: account.user_id, at: now, body: EventBody::AccountChanged { account_id: account.id } };
    app.commit(tx, is_news.then_some(told).into_iter().collect()).await
}

/// The grant of an active account as it is stored.
pub(super) async fn stored_grant(app: &App, id: AccountId) -> Result<(Account, Grant)> {
    let stored = app.store().read().accounts().grant(id).await?.ok_or(AppError::AccountNotFound)?;
    if !stored.account.is_active {
        return Err(AppError::AccountInactive);
    }
    // Before the token was looked at, any adapter of the name may be the one.
    let name = &stored.account.platform_name;
    let clear_is_fine = app.platforms().published(name).iter().any(|handle| handle.card().reads_clear_tokens);
    let open = |column, value: &str, seal: Option<&str>| match app.sealer().open_text(field(column, id), value, seal) {
        Opened::Text(text) | Opened::Legacy(text) => Some(text),
        Opened::Clear(text) => clear_is_fine.then_some(text),
        Opened::Broken => None,
    };
    let open = |column, value: &str, seal: Option<&str>| {
        open(column, value, seal).filter(|text| !text.is_empty()).map(Secret::from)
    };
    let tokens = &stored.tokens;
    let Some(access_token) = open("access_token", &tokens.access_token, tokens.access_token_seal.as_deref()) else {
        let words = "The stored sign-in cannot be opened with the hub's keys.";
        witness(app, &stored.account, Evidence::new(EvidenceKind::CredentialsRefused, words, app.now())).await?;
        return Err(AppError::AccountNeedsReauth);
    };
    let account = adopt::recognise(app, stored.account.clone(), access_token.expose_secret()).await?;
    let refresh_token =
        tokens.refresh_token.as_deref().and_then(|t| open("refresh_token", t, tokens.refresh_token_seal.as_deref()));
    let grant = Grant {
        account_id: id,
        remote_id: account.remote_id.clone(),
        access_token,
        refresh_token,
        expires_at: tokens.expires_at,
        facts: stored.facts.as_deref().and_then(|facts| serde_json::from_str(facts).ok()).unwrap_or_default(),
    };
    Ok((account, grant))
}

/// Calls a platform with an account's grant for `what`, and writes down what the outcome says about the account.
pub(crate) async fn call_with<T, F>(
    app: &App,
    account: &Account,
    grant: &Grant,
    what: &'static str,
    call: impl Fn(Grant) -> F,
) -> Result<T, PlatformError>
where
    F: Future<Output = Result<T, PlatformError>>,
{
    let began = app.now();
    let outcome = call_aside(app, account, grant, what, call).await;
    if outcome.is_ok() {
        app.signs().worked(account.id, began);
    }
    if let Some(evidence) = of_call(&outcome, began)
        && let Err(error) = witness(app, account, evidence).await
    {
        // The outcome counts more than its being written down; the next call will say the same.
        tracing::warn!(account = %account.id, %error, "what a call says about its account was not written down");
    }
    outcome
}

/// The same for what says nothing about the account, such as files and pictures, which lie elsewhere. A token that is refused is
/// renewed once, where that can be, and the call made again: a refused call did nothing, and only what is refused even then is
/// evidence against the account.
pub(crate) async fn call_aside<T, F>(
    app: &App,
    account: &Account,
    grant: &Grant,
    what: &'static str,
    call: impl Fn(Grant) -> F,
) -> Result<T, PlatformError>
where
    F: Future<Output = Result<T, PlatformError>>,
{
    usage::record_call(app, account, what);
    let refused = match call(grant.clone()).await {
        Err(error) if error.kind == ErrorKind::ReauthRequired => error,
        outcome => return outcome,
    };
    let renews = app.handle_of(account).is_ok_and(|handle| handle.card().renewal == Renewal::WithRefreshToken);
    if !renews || grant.refresh_token.is_none() {
        return Err(refused);
    }
    match renew(app, account.clone(), grant.clone(), Cause::Refused).await {
        Ok((_, fresh)) => call(fresh).await,
        Err(AppError::AccountNeedsReauth) => Err(refused),
        // Nothing is known of the account as long as nobody can be asked.
        Err(error) => {
            tracing::debug!(account = %account.id, %error, "a refused grant could not be renewed");
            let words = "the sign-in could not be renewed right now";
            Err(PlatformError::new(ErrorKind::Transient { maybe_applied: false }, words))
        }
    }
}

/// Why a grant is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// It ends soon.
    Due,
    /// The platform refused it.
    Refused,
}

impl Cause {
    /// Whether what is stored still has to be renewed by whoever came with `used`.
    fn stands(self, app: &App, account: &Account, stored: &Grant, used: &Grant) -> bool {
        match self {
            Self::Due => is_due(app, account, stored),
            Self::Refused => same_tokens(stored, used),
        }
    }

    /// Whether what is stored can be used, when somebody else is renewing.
    fn is_usable(self, app: &App, stored: &Grant, used: &Grant) -> bool {
        match self {
            Self::Due => stored.expires_at.is_none_or(|ends| ends > app.now()),
            Self::Refused => !same_tokens(stored, used),
        }
    }
}

/// One renewal per account, however many ask.
async fn renew(app: &App, account: Account, grant: Grant, cause: Cause) -> Result<(Account, Grant)> {
    let lease = format!("renew:{}", account.id);
    let holder = new_id::<Uuid>().to_string();
    let now = app.now();
    let tx = app.store().begin().await?;
    let mine = tx.leases().acquire(&lease, &holder, now, now + RENEW_LEASE).await?;
    app.commit(tx, Vec::new()).await?;
    if !mine {
        return wait_for_renewal(app, account, grant, cause).await;
    }
    // Somebody may have renewed it between our reading and our lease.
    let (account, stored) = stored_grant(app, account.id).await?;
    let outcome = if cause.stands(app, &account, &stored, &grant) {
        renew_now(app, account, stored, cause).await
    } else {
        Ok((account, stored))
    };
    let tx = app.store().begin().await?;
    tx.leases().release(&lease, &holder).await?;
    app.commit(tx, Vec::new()).await?;
    outcome
}

/// What is stored, as long as it works; else what the other renewal brings. Using a token that has ended would accuse the
/// account.
async fn wait_for_renewal(app: &App, account: Account, used: Grant, cause: Cause) -> Result<(Account, Grant)> {
    let (mut account, mut grant) = (account, used.clone());
    for _ in 0..RENEWAL_LOOKS {
        if cause.is_usable(app, &grant, &used) {
            return Ok((account, grant));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
        (account, grant) = stored_grant(app, account.id).await?;
    }
    if cause.is_usable(app, &grant, &used) {
        return Ok((account, grant));
    }
    let error = PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "the sign-in is being renewed");
    Err(AppError::Platform { platform: account.platform_name, error })
}

async fn renew_now(app: &App, account: Account, grant: Grant, cause: Cause) -> Result<(Account, Grant)> {
    let handle = app.handle_of(&account)?;
    let began = app.now();
    match handle.refresh(&grant).await {
        Ok(mut tokens) => {
            // A blank never overwrites: many platforms answer without a new refresh token.
            tokens.refresh = tokens.refresh.or_else(|| grant.refresh_token.clone());
            let tx = app.store().begin().await?;
            tx.accounts().save_tokens(account.id, &seal_tokens(app, account.id, &tokens), app.now()).await?;
            app.commit(tx, Vec::new()).await?;
            let words = "The platform renewed the sign-in.";
            witness(app, &account, Evidence::new(EvidenceKind::Accepted, words, began)).await?;
            stored_grant(app, account.id).await
        }
        Err(error) => {
            if error.kind == ErrorKind::ReauthRequired {
                // A refresh token that may be used once is refused to whoever comes second: that accuses nobody.
                let (account, stored) = stored_grant(app, account.id).await?;
                if !same_tokens(&stored, &grant) {
                    return Ok((account, stored));
                }
            }
            if let Some(evidence) = of_call::<()>(&Err(error.clone()), began) {
                witness(app, &account, evidence).await?;
            }
            if error.kind == ErrorKind::ReauthRequired {
                return Err(AppError::AccountNeedsReauth);
            }
            // The token still works for a while, or there was nothing to renew: only its use will tell.
            if cause == Cause::Due && grant.expires_at.is_none_or(|ends| ends > app.now()) {
                tracing::warn!(account = %account.id, kind = error.kind.label(), "a grant could not be renewed yet");
                return Ok((account, grant));
            }
            Err(AppError::Platform { platform: account.platform_name, error })
        }
    }
}

fn same_tokens(one: &Grant, other: &Grant) -> bool {
    let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
    one.token() == other.token() && text(&one.refresh_token) == text(&other.refresh_token)
}

/// Renews the caller's grant if it ends soon. Nothing to renew is fine.
pub async fn refresh_grant(app: &App, caller: &Caller, id: AccountId) -> Result<()> {
    let account = app.store().read().accounts().find(caller.user_id, id).await?.ok_or(AppError::AccountNotFound)?;
    if !account.is_active {
        return Err(AppError::AccountNotFound);
    }
    open_grant(app, id).await.map(|_| ())
}
