//! `/api/admin/accounts`: everybody's accounts.

use super::{Asked, id_of, part};
use crate::dto::account::AccountDto;
use crate::dto::admin::account;
use crate::extract::Admin;
use crate::failure::{Named, Result};
use crate::front::Front;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use hub_app::{FindAccounts, admin};
use hub_domain::{AccountId, ChannelState};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(open)).routes(routes!(disconnect))
}

/// Accounts, the newest first, disconnected ones included. Tokens are never shown.
#[utoipa::path(get, path = "/api/admin/accounts", operation_id = "adminAccounts", tag = "admin", security(("bearer" = [])),
    params(("search" = Option<String>, Query, description = "Words of the name, of the id at the platform or of the owner's address, or an id"),
        ("platform" = Option<String>, Query, description = "Only those of this platform"),
        ("state" = Option<String>, Query, description = "Only those whose channel stands like this; `off` = disconnected"),
        ("user" = Option<String>, Query, description = "Only those of this user: address or id"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 50")),
    responses((status = 200, body = Vec<AccountDto>, description = "In `accounts`, each with `user_email` and its `channel` as \
            `/api/health/accounts` shows it; `next`, `hasMore`"),
        (status = 403, description = "Not an administrator")))]
async fn list(State(front): State<Front>, _admin: Admin, uri: Uri) -> Result<Json<Value>> {
    let mut asked = Asked::of(&uri);
    let query = FindAccounts {
        search: asked.words("search"),
        platform: asked.platform(),
        state: asked.one_of("state", &ChannelState::ALL.map(|state| (state.as_str(), state))),
        user: asked.user(&front).await?,
        after: asked.after(),
        limit: asked.limit(),
    };
    asked.check()?;
    let found = admin::accounts::find_accounts(&front.app, &query).await?;
    let accounts = found.items.iter().map(account).collect();
    Ok(Json(part("accounts", accounts, found.next, query.limit)))
}

/// One account: how it stands, why, and what cannot be had any more.
#[utoipa::path(get, path = "/api/admin/accounts/{id}", operation_id = "adminAccount", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "Account")),
    responses((status = 200, body = AccountDto, description = "In `account`, with `user_email` and `channel`"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown")))]
async fn open(State(front): State<Front>, _admin: Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    shown(&front, id_of(&id)?).await
}

async fn shown(front: &Front, id: AccountId) -> Result<Json<Value>> {
    Ok(Json(json!({"account": account(&admin::accounts::open_account(&front.app, id).await?)})))
}

/// Disconnects somebody's account: its tokens are erased, its conversations stay. Twice is fine.
#[utoipa::path(post, path = "/api/admin/accounts/{id}/disconnect", operation_id = "adminDisconnect", tag = "admin",
    security(("bearer" = [])), params(("id" = String, Path, description = "Account")),
    responses((status = 200, body = AccountDto, description = "In `account`, as it stands now"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown")))]
async fn disconnect(State(front): State<Front>, Admin(caller): Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    let id = id_of(&id)?;
    let done = admin::disconnect_account(&front.app, &caller, id).await;
    done.or_500("DISCONNECT_FAILED", "Failed to disconnect the account")?;
    shown(&front, id).await
}
