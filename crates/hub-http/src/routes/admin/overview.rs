//! `/api/admin/overview`.

use crate::dto::both_casings;
use crate::extract::Admin;
use crate::failure::Result;
use crate::front::Front;
use crate::routes::health::shown_books;
use axum::Json;
use axum::extract::State;
use hub_app::admin;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(overview))
}

/// How the hub stands as a whole.
#[utoipa::path(get, path = "/api/admin/overview", operation_id = "adminOverview", tag = "admin", security(("bearer" = [])),
    responses((status = 200, description = "`counts` of everything, `channels` (active accounts by state), `parked` deliveries, \
            `jobs` by state, `sockets`, and `ledger` as `/api/health/ledger` shows it"),
        (status = 403, description = "Not an administrator")))]
async fn overview(State(front): State<Front>, _admin: Admin) -> Result<Json<Value>> {
    let seen = admin::overview(&front.app).await?;
    let (counts, jobs) = (&seen.counts, &seen.measures.jobs);
    let (balanced, books) = shown_books(&seen.measures.books, true);
    let (connections, users) = front.live.counts();
    let channels: Vec<Value> =
        seen.channels.iter().map(|(state, count)| json!({"state": state, "count": count})).collect();
    Ok(Json(both_casings(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "counts": {
            "users": counts.users, "deactivated_users": counts.deactivated, "administrators": counts.holders,
            "accounts": counts.accounts, "active_accounts": counts.active_accounts,
            "conversations": counts.conversations, "messages": counts.messages, "usage_rows": counts.usage,
        },
        "channels": channels,
        "parked": seen.measures.parked,
        "jobs": {
            "waiting": jobs.waiting, "active": jobs.active, "delayed": jobs.delayed, "failed": jobs.failed,
            "oldest_due_seconds": seen.measures.oldest_job.as_secs(),
        },
        "sockets": {"connections": connections, "users": users},
        "ledger": {"balanced": balanced, "platforms": books},
    }))))
}
