//! People who sign in to the hub: registration, log-in, renewal, log-out. Statuses and texts are the contract's.

mod legacy_passwords;
mod login;
mod logout;
mod me;
mod passwords;
mod refresh;
mod register;
mod roles;
pub mod secrets;
mod step_up;
mod throttle;
pub(crate) mod tokens;

pub use login::login;
pub use logout::logout;
pub use me::me;
pub use refresh::{Refresh, refresh};
pub use register::{create_user, register};
pub use roles::is_admin;
pub use step_up::Reproof;
pub(crate) use step_up::step_up;
pub use tokens::AccessError;

use crate::clock::new_id;
use crate::{App, AppSettings, Clock, Result};
use hub_domain::{Timestamp, User, UserId};
use hub_platform_kit::Secret;
use hub_store::{NewRefreshToken, Tx};
use std::net::IpAddr;
use std::sync::Arc;
use uuid::Uuid;

/// The role that opens the admin panel.
pub const ADMIN: &str = "admin";

/// Who is asking, proven by an access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub user_id: UserId,
    /// Address in the token.
    pub email: String,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// When the person last gave the password; `None` when the token does not say.
    pub proven_at: Option<Timestamp>,
    /// The generation of the user's sessions the token belongs to.
    pub generation: i32,
}

/// What a person signs in with.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// As typed.
    pub email: String,
    /// As typed.
    pub password: Secret,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

/// A log-in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub user: User,
    /// For requests, 15 minutes.
    pub access_token: String,
    /// For the next pair, 7 days.
    pub refresh_token: String,
}

/// What signing in needs and keeps in memory.
#[derive(Debug)]
pub(crate) struct AuthState {
    pub(crate) tokens: tokens::Tokens,
    pub(crate) passwords: passwords::Passwords,
    pub(crate) throttle: throttle::Throttle,
}

impl AuthState {
    pub(crate) fn new(settings: &AppSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            tokens: tokens::Tokens::new(settings),
            passwords: passwords::Passwords::new(settings.bcrypt_cost),
            throttle: throttle::Throttle::new(settings.auth_limit_per_minute, clock),
        }
    }
}

/// Proves an access token. Reads no database: whether the session behind it still stands, [`stands`] knows.
pub fn authenticate(app: &App, token: &str) -> Result<Caller, AccessError> {
    app.auth_state().tokens.open_access(token, app.now())
}

/// Whether the session of a token still stands: not ended, and its user not deactivated. Asks the database every time, so that
/// it is over at once, in every process.
pub async fn stands(app: &App, caller: &Caller) -> Result<bool> {
    is_standing(app, caller.user_id, caller.generation).await
}

async fn is_standing(app: &App, user: UserId, generation: i32) -> Result<bool> {
    let standing = app.store().read().users().standing(user).await?;
    Ok(standing.deactivated_at.is_none() && standing.generation == generation)
}

/// Makes a pair and stores the renewable half, hashed, in `tx`.
async fn start_session(app: &App, tx: &Tx, user: User, family: Option<Uuid>, mark: tokens::Mark) -> Result<Session> {
    let now = app.now();
    let tokens = &app.auth_state().tokens;
    let access_token = tokens.sign_access(&user, mark, now)?;
    let (refresh_token, expires_at) = tokens.sign_refresh(&user, mark, now)?;
    let id: Uuid = new_id();
    let row = NewRefreshToken {
        id,
        user_id: user.id,
        token: tokens::hashed(&refresh_token),
        family: family.unwrap_or(id),
        expires_at,
        at: now,
    };
    tx.refresh_tokens().insert(&row).await?;
    Ok(Session { user, access_token, refresh_token })
}
