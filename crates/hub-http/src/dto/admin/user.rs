//! Users.

use hub_app::KnownUser;
use hub_app::auth::ADMIN;
use hub_domain::time;
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody who signs in.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminUser)]
pub(crate) struct AdminUserDto {
    id: String,
    email: String,
    /// May use `/api/admin`.
    is_admin: bool,
    /// False once deactivated: no sign-in, and no session.
    is_active: bool,
    deactivated_at: Option<String>,
    /// Accounts that are linked now.
    active_accounts: i64,
    /// Log-ins that can still be renewed.
    open_sessions: i64,
    /// When a session was last begun or renewed; null some days after its end.
    last_seen_at: Option<String>,
    created_at: String,
    updated_at: String,
}

impl From<&KnownUser> for AdminUserDto {
    fn from(known: &KnownUser) -> Self {
        Self {
            id: known.user.id.to_string(),
            email: known.user.email.clone(),
            is_admin: known.roles.iter().any(|role| role == ADMIN),
            is_active: known.deactivated_at.is_none(),
            deactivated_at: known.deactivated_at.map(time::to_contract),
            active_accounts: known.accounts,
            open_sessions: known.sessions,
            last_seen_at: known.seen_at.map(time::to_contract),
            created_at: time::to_contract(known.user.created_at),
            updated_at: time::to_contract(known.user.updated_at),
        }
    }
}
