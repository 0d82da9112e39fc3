//! `/api/admin/users`: everybody who signs in, and what can be done about them.

use super::{Asked, id_of, part};
use crate::body::members;
use crate::dto::admin::{AdminUserDto, account_of};
use crate::dto::both_casings;
use crate::extract::{Admin, ClientAddress};
use crate::failure::Result;
use crate::front::Front;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use hub_app::auth::{ADMIN, Reproof};
use hub_app::{FindUsers, Secret, admin};
use hub_domain::UserId;
use serde_json::{Value, json};
use std::net::IpAddr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(open))
        .routes(routes!(deactivate))
        .routes(routes!(reactivate))
        .routes(routes!(end_sessions))
        .routes(routes!(grant))
        .routes(routes!(take))
}

/// Users, the newest first.
#[utoipa::path(get, path = "/api/admin/users", operation_id = "adminUsers", tag = "admin", security(("bearer" = [])),
    params(("search" = Option<String>, Query, description = "Words of the address, or an id"),
        ("active" = Option<bool>, Query, description = "Only those who may sign in, or may not"),
        ("admin" = Option<bool>, Query, description = "Only administrators, or only others"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 50")),
    responses((status = 200, body = Vec<AdminUserDto>, description = "In `users`; `next`, `hasMore`"),
        (status = 403, description = "Not an administrator")))]
async fn list(State(front): State<Front>, _admin: Admin, uri: Uri) -> Result<Json<Value>> {
    let mut asked = Asked::of(&uri);
    let query = FindUsers {
        search: asked.words("search"),
        role: asked.yes_or_no("admin").map(|has| (ADMIN.to_owned(), has)),
        active: asked.yes_or_no("active"),
        after: asked.after(),
        limit: asked.limit(),
    };
    asked.check()?;
    let found = admin::users::find_users(&front.app, &query).await?;
    let users = found.items.iter().map(|known| both_casings(&AdminUserDto::from(known))).collect();
    Ok(Json(part("users", users, found.next, query.limit)))
}

/// One user with their accounts.
#[utoipa::path(get, path = "/api/admin/users/{id}", operation_id = "adminUser", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "User")),
    responses((status = 200, body = AdminUserDto, description = "In `user`, with `accounts` beside it"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown")))]
async fn open(State(front): State<Front>, _admin: Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    shown(&front, id_of(&id)?).await
}

async fn shown(front: &Front, id: UserId) -> Result<Json<Value>> {
    let file = admin::users::open_user(&front.app, id).await?;
    let accounts: Vec<Value> = file.accounts.iter().map(account_of).collect();
    Ok(Json(json!({"user": both_casings(&AdminUserDto::from(&file.known)), "accounts": accounts})))
}

/// Lets a user sign in no more and ends their sessions at once. Their accounts stay linked and go on receiving. Twice is fine.
#[utoipa::path(post, path = "/api/admin/users/{id}/deactivate", operation_id = "deactivateUser", tag = "admin",
    security(("bearer" = [])), params(("id" = String, Path, description = "User")),
    responses((status = 200, body = AdminUserDto, description = "In `user`, with `accounts` beside it"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown"),
        (status = 409, description = "The caller's own")))]
async fn deactivate(State(front): State<Front>, Admin(caller): Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    let id = id_of(&id)?;
    admin::deactivate_user(&front.app, &caller, id).await?;
    shown(&front, id).await
}

/// Lets a user sign in again. Their old sessions stay over. Twice is fine.
#[utoipa::path(post, path = "/api/admin/users/{id}/reactivate", operation_id = "reactivateUser", tag = "admin",
    security(("bearer" = [])), params(("id" = String, Path, description = "User")),
    responses((status = 200, body = AdminUserDto, description = "In `user`, with `accounts` beside it"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown")))]
async fn reactivate(State(front): State<Front>, Admin(caller): Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    let id = id_of(&id)?;
    admin::reactivate_user(&front.app, &caller, id).await?;
    shown(&front, id).await
}

/// Ends all sessions of a user at once: tokens are refused, sockets closed. They may sign in again.
#[utoipa::path(post, path = "/api/admin/users/{id}/end-sessions", operation_id = "endSessions", tag = "admin",
    security(("bearer" = [])), params(("id" = String, Path, description = "User")),
    responses((status = 200, body = AdminUserDto, description = "In `user`, with `accounts` beside it"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown")))]
async fn end_sessions(State(front): State<Front>, Admin(caller): Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    let id = id_of(&id)?;
    admin::end_sessions(&front.app, &caller, id).await?;
    shown(&front, id).await
}

/// Makes a user an administrator. Wants a log-in of some minutes ago, or the caller's own password in `hubPassword`. Twice is fine.
#[utoipa::path(post, path = "/api/admin/users/{id}/grant-admin", operation_id = "grantAdmin", tag = "admin",
    security(("bearer" = [])), params(("id" = String, Path, description = "User")), request_body = Object,
    responses((status = 200, body = AdminUserDto, description = "In `user`, with `accounts` beside it"),
        (status = 400, description = "`STEP_UP_REQUIRED`: the password is wanted, or wrong"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown")))]
async fn grant(
    State(front): State<Front>,
    Admin(caller): Admin,
    ClientAddress(address): ClientAddress,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    let id = id_of(&id)?;
    let reproof = reproof(&headers, body, address).await?;
    admin::grant_admin(&front.app, &caller, id, reproof.as_ref()).await?;
    shown(&front, id).await
}

/// Takes the administrator's role from a user, which works at once. Wants the same proof as giving it. Twice is fine.
#[utoipa::path(post, path = "/api/admin/users/{id}/take-admin", operation_id = "takeAdmin", tag = "admin",
    security(("bearer" = [])), params(("id" = String, Path, description = "User")), request_body = Object,
    responses((status = 200, body = AdminUserDto, description = "In `user`, with `accounts` beside it"),
        (status = 400, description = "`STEP_UP_REQUIRED`: the password is wanted, or wrong"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown"),
        (status = 409, description = "The caller's own")))]
async fn take(
    State(front): State<Front>,
    Admin(caller): Admin,
    ClientAddress(address): ClientAddress,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    let id = id_of(&id)?;
    let reproof = reproof(&headers, body, address).await?;
    admin::take_admin(&front.app, &caller, id, reproof.as_ref()).await?;
    shown(&front, id).await
}

/// The caller's password, where it was given once more.
async fn reproof(headers: &HeaderMap, body: Body, address: Option<IpAddr>) -> Result<Option<Reproof>> {
    let body = members(headers, body).await?;
    let password = body.get("hubPassword").and_then(Value::as_str).filter(|text| !text.is_empty());
    Ok(password.map(|password| Reproof { password: Secret::from(password.to_owned()), address }))
}
