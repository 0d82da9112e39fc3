//! `/api/telegram`: the contract's routes of the Telegram user client (`http.md` 8). What they do, the use cases do for every platform;
//! here are the contract's shapes and words.

mod chats;
mod readings;
mod sign_in;

use crate::failure::{Failure, Result};
use crate::front::Front;
use crate::validate::Problems;
use axum::http::StatusCode;
use hub_app::{AppError, Caller, accounts};
use hub_domain::{Account, AccountId};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;

/// Published name of the platform these routes are named after.
const PLATFORM: &str = "telegram";

pub(super) fn routes() -> OpenApiRouter<Front> {
    sign_in::routes().merge(chats::routes()).merge(readings::routes())
}

/// The caller's active account of the path.
async fn account(front: &Front, caller: &Caller, id: &str) -> Result<Account> {
    let mut problems = Problems::default();
    let id: AccountId = problems.id("accountId", id);
    problems.check()?;
    accounts::active(&front.app, caller, PLATFORM, id).await.map_err(failed)
}

/// A failure in the words of these routes.
fn failed(error: AppError) -> Failure {
    match error {
        AppError::NotConfigured(_) => not_configured(),
        AppError::AccountNeedsReauth => {
            // Not 401, which would make pages renew their own token.
            let mut failure = Failure::from(error);
            failure.extra = Some(("needsReconnect", true.into()));
            failure
        }
        error => error.into(),
    }
}

fn not_configured() -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_CONFIGURED", "Telegram is not configured")
}

/// A member that should be a text; the originals' clients may send digits as a number.
fn text(body: &Map<String, Value>, name: &str) -> String {
    match body.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}
