//! `/api/admin/usage`: who asked for what.

use super::{Asked, id_of, part};
use crate::dto::admin::AdminUsageDto;
use crate::dto::both_casings;
use crate::extract::Admin;
use crate::failure::Result;
use crate::front::Front;
use crate::validate::PLATFORMS;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use hub_app::{FindUsage, admin};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(open))
}

/// The usage log, the newest first: successful requests of users, and what an original noted of its calls to platforms.
#[utoipa::path(get, path = "/api/admin/usage", operation_id = "adminUsage", tag = "admin", security(("bearer" = [])),
    params(("search" = Option<String>, Query, description = "Words of the endpoint, or a row's id"),
        ("platform" = Option<String>, Query, description = "`api` for requests to the hub, else a platform"),
        ("user" = Option<String>, Query, description = "Only those of this user: address or id"),
        ("account" = Option<String>, Query, description = "Only those through this account"),
        ("from" = Option<String>, Query, description = "At this time or later"),
        ("until" = Option<String>, Query, description = "Before this time"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 50")),
    responses((status = 200, body = Vec<AdminUsageDto>, description = "In `usage`; `next`, `hasMore`"),
        (status = 403, description = "Not an administrator")))]
async fn list(State(front): State<Front>, _admin: Admin, uri: Uri) -> Result<Json<Value>> {
    let mut asked = Asked::of(&uri);
    let known: Vec<(&str, String)> =
        std::iter::once("api").chain(PLATFORMS).map(|name| (name, name.to_owned())).collect();
    let query = FindUsage {
        search: asked.words("search"),
        platform: asked.one_of("platform", &known),
        user: asked.user(&front).await?,
        account: asked.id("account"),
        span: asked.span(),
        after: asked.after(),
        limit: asked.limit(),
    };
    asked.check()?;
    let found = admin::usage::find_usage(&front.app, &query).await?;
    let rows = found.items.iter().map(|row| both_casings(&AdminUsageDto::from(row))).collect();
    Ok(Json(part("usage", rows, found.next, query.limit)))
}

/// One row of it.
#[utoipa::path(get, path = "/api/admin/usage/{id}", operation_id = "adminUsageRow", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "Row")),
    responses((status = 200, body = AdminUsageDto, description = "In `row`"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown")))]
async fn open(State(front): State<Front>, _admin: Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    let row = admin::usage::open_usage(&front.app, id_of::<Uuid>(&id)?).await?;
    Ok(Json(json!({"row": both_casings(&AdminUsageDto::from(&row))})))
}
