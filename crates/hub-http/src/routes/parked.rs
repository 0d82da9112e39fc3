//! `/api/admin/parked`: deliveries that wait for an operator. Every look at one and every decision about one is written to the
//! log with who did it, never with what it says.

use crate::body::members;
use crate::dto::both_casings;
use crate::dto::parked::ParkedDto;
use crate::extract::Admin;
use crate::failure::Result;
use crate::front::Front;
use crate::validate::{Problems, Query};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use hub_app::Caller;
use hub_app::inbox::parked::{self, MOST_AT_ONCE, WhichParked};
use hub_domain::ReceiptId;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(replay_many))
        .routes(routes!(open))
        .routes(routes!(replay))
        .routes(routes!(dismiss))
}

/// Deliveries that wait for an operator, oldest first.
#[utoipa::path(get, path = "/api/admin/parked", operation_id = "listParked", tag = "admin", security(("bearer" = [])),
    params(("platform" = Option<String>, Query, description = "Only those of this platform"),
        ("reason" = Option<String>, Query, description = "Only those that wait for exactly this reason"),
        ("after" = Option<String>, Query, description = "Only those that came after this one: the next page"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 50")),
    responses((status = 200, body = Vec<ParkedDto>, description = "In `parked`; `total` without any filter, `hasMore`"),
        (status = 403, description = "Not an administrator")))]
async fn list(State(front): State<Front>, _admin: Admin, uri: Uri) -> Result<Json<Value>> {
    let query = Query::of(&uri);
    let mut problems = Problems::default();
    let which = WhichParked {
        platform: query.get("platform").map(|name| problems.platform("platform", name)),
        reason: query.get("reason").map(str::to_owned),
        after: query.get("after").map(|id| problems.id("after", id)),
        limit: problems.number("limit", query.get("limit"), 1, 100, 50),
    };
    problems.check()?;
    let found = parked::list_parked(&front.app, &which).await?;
    let total = parked::count_parked(&front.app).await?;
    let more = u32::try_from(found.len()).is_ok_and(|count| count == which.limit);
    let found: Vec<Value> = found.iter().map(|one| both_casings(&ParkedDto::listed(&front.app, one))).collect();
    Ok(Json(json!({"parked": found, "total": total, "hasMore": more, "limit": which.limit})))
}

/// One delivery with the bytes it brought: as text in `payload`, or in hexadecimal where it is no text (`encoding`).
#[utoipa::path(get, path = "/api/admin/parked/{id}", operation_id = "openParked", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "Delivery")),
    responses((status = 200, body = ParkedDto, description = "In `delivery`, with `payload` and `encoding` beside it"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown, or over")))]
async fn open(State(front): State<Front>, Admin(caller): Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    let id = one(&id)?;
    let (receipt, body) = parked::open_parked(&front.app, id).await?;
    audit(&caller, id, "opened");
    let (payload, encoding) = match String::from_utf8(body) {
        Ok(text) => (text, "utf-8"),
        Err(error) => (hex::encode(error.into_bytes()), "hex"),
    };
    let delivery = both_casings(&ParkedDto::whole(&front.app, &receipt));
    Ok(Json(json!({"delivery": delivery, "payload": payload, "encoding": encoding})))
}

/// Reads one again, after a fix. However often: what was applied stays, and nothing is there twice.
#[utoipa::path(post, path = "/api/admin/parked/{id}/replay", operation_id = "replayParked", tag = "admin",
    security(("bearer" = [])), params(("id" = String, Path, description = "Delivery")),
    responses((status = 200, body = ParkedDto, description = "In `delivery`, as it stands now"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown, or over")))]
async fn replay(State(front): State<Front>, Admin(caller): Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    let id = one(&id)?;
    audit(&caller, id, "read again");
    let receipt = parked::replay_parked(&front.app, id).await?;
    Ok(Json(json!({"delivery": both_casings(&ParkedDto::whole(&front.app, &receipt))})))
}

/// Reads many again, oldest first, at most 500 at once: `platform`, `reason`, `after` and `limit` in the body, all optional.
#[utoipa::path(post, path = "/api/admin/parked/replay", operation_id = "replayManyParked", tag = "admin",
    security(("bearer" = [])),
    responses((status = 200, description = "`replayed` = `settled` + `parked` (still), `failed`, new `messages`, and `next`: \
            where to go on (`after`) when there are more"),
        (status = 403, description = "Not an administrator")))]
async fn replay_many(
    State(front): State<Front>,
    Admin(caller): Admin,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    let body = members(&headers, body).await?;
    let mut problems = Problems::default();
    problems.only(&body, &["platform", "reason", "after", "limit"]);
    let platform = problems.maybe_text(&body, "platform").map(|name| problems.platform("platform", &name));
    let after = problems.maybe_text(&body, "after").map(|id| problems.id("after", &id));
    let limit = body.get("limit").map(ToString::to_string);
    let limit = problems.number("limit", limit.as_deref(), 1, MOST_AT_ONCE, MOST_AT_ONCE);
    let which = WhichParked { platform, reason: problems.maybe_text(&body, "reason"), after, limit };
    problems.check()?;
    tracing::info!(admin = %caller.user_id, platform = which.platform, limit, "parked deliveries: read again");
    let brought = parked::replay_many(&front.app, &which).await?;
    Ok(Json(json!({
        "replayed": brought.replayed, "settled": brought.settled, "parked": brought.parked, "failed": brought.failed,
        "messages": brought.messages, "next": brought.next,
    })))
}

/// Puts aside what waits in one: it is counted as dismissed, and the delivery goes with the old ones. Twice is fine.
#[utoipa::path(post, path = "/api/admin/parked/{id}/dismiss", operation_id = "dismissParked", tag = "admin",
    security(("bearer" = [])), params(("id" = String, Path, description = "Delivery")),
    responses((status = 200, body = ParkedDto, description = "In `delivery`, as it stands now"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown, or over")))]
async fn dismiss(State(front): State<Front>, Admin(caller): Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    let id = one(&id)?;
    audit(&caller, id, "put aside");
    let receipt = parked::dismiss_parked(&front.app, id).await?;
    Ok(Json(json!({"delivery": both_casings(&ParkedDto::whole(&front.app, &receipt))})))
}

fn one(id: &str) -> Result<ReceiptId> {
    let mut problems = Problems::default();
    let id = problems.id("id", id);
    problems.check()?;
    Ok(id)
}

fn audit(caller: &Caller, delivery: ReceiptId, what: &str) {
    tracing::info!(admin = %caller.user_id, %delivery, what, "parked delivery");
}
