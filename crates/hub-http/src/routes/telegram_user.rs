//! `/api/telegram`: the contract's routes of the Telegram user client. No adapter for user accounts is part of this hub yet,
//! so every one of them says, in the contract's words, that it is not configured.

use crate::extract::CurrentUser;
use crate::failure::{Failure, Result};
use crate::front::Front;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new()
        .routes(routes!(phone))
        .routes(routes!(verify))
        .routes(routes!(dialogs))
        .routes(routes!(messages))
        .routes(routes!(send))
        .routes(routes!(sync))
        .routes(routes!(reset))
}

fn not_configured() -> Result<()> {
    Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_CONFIGURED", "Telegram is not configured"))
}

macro_rules! not_configured_routes {
    ($($(#[$doc:meta])* $name:ident: $method:ident $path:literal $operation:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[utoipa::path($method, path = $path, operation_id = $operation, tag = "telegram user", security(("bearer" = [])),
            responses((status = 503, description = "Telegram user accounts are not configured")))]
        async fn $name(_: CurrentUser) -> Result<()> {
            not_configured()
        }
    )+};
}

not_configured_routes! {
    /// Sends a log-in code.
    phone: post "/api/telegram/auth/phone" "telegramPhone",
    /// Signs in with the code.
    verify: post "/api/telegram/auth/verify" "telegramVerify",
    /// Lists dialogs.
    dialogs: get "/api/telegram/{account_id}/dialogs" "telegramDialogs",
    /// Lists messages of a dialog.
    messages: get "/api/telegram/{account_id}/messages/{chat_id}" "telegramMessages",
    /// Sends a text.
    send: post "/api/telegram/{account_id}/send/{chat_id}" "telegramSend",
    /// Reads dialogs and messages anew.
    sync: post "/api/telegram/{account_id}/sync" "telegramSync",
    /// Forgets dialogs and messages and reads them anew.
    reset: post "/api/telegram/{account_id}/reset" "telegramReset",
}
