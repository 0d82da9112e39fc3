//! `/api/oauth`: linking platform accounts.

use crate::body::members;
use crate::dto::account::AccountDto;
use crate::dto::both_casings;
use crate::dto::platform::window_ms;
use crate::extract::{ClientAddress, CurrentUser, cookie};
use crate::failure::{Failure, Named, Result};
use crate::front::Front;
use crate::validate::Problems;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_app::accounts::{self, Arrival, BeginConnect, ConnectProgress, Connecting, ResumeConnect};
use hub_app::auth::Reproof;
use hub_app::{AppError, Caller, Secret};
use hub_domain::connect::{Answers, Step};
use hub_domain::time;
use serde_json::{Map, Value, json};
use std::net::IpAddr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Binds an attempt to the browser that began it (crypto contract, section 5).
pub(super) const COOKIE: &str = "hub_oauth";
/// Longest answer to a field, in bytes, and most answers.
const MAX_ANSWER_BYTES: usize = 4_096;
const MAX_ANSWERS: usize = 32;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new()
        .routes(routes!(begin))
        .routes(routes!(connect))
        .routes(routes!(list))
        .routes(routes!(disconnect))
        .routes(routes!(refresh))
        .routes(routes!(rate_limits))
}

fn checked_platform(platform: &str) -> Result<String> {
    let mut problems = Problems::default();
    let platform = problems.platform("platform", platform);
    problems.check()?;
    Ok(platform)
}

/// Begins to link an account in the platform's first way; answers with the address to send the browser to.
#[utoipa::path(get, path = "/api/oauth/connect/{platform}", operation_id = "beginConnect", tag = "oauth",
    security(("bearer" = [])), params(("platform" = String, Path, description = "Published platform name")),
    responses((status = 200, description = "`authorizationUrl` and `state`"), (status = 500, description = "Not configured")))]
async fn begin(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(platform): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let platform = checked_platform(&platform)?;
    begin_with(&front, &caller, BeginConnect { platform, ..BeginConnect::default() }, &headers).await
}

/// Begins to link an account in a way of one's choice (`method`), or goes on (`state`), with `answers` to what was asked.
/// A bot is linked in one call: `{"method": "bot_token", "answers": {"token": "…"}}`. What links a whole account (`full_access` of the
/// platform's ways) wants a log-in of some minutes ago, or the caller's own password in `hubPassword`.
#[utoipa::path(post, path = "/api/oauth/connect/{platform}", operation_id = "connect", tag = "oauth",
    security(("bearer" = [])), params(("platform" = String, Path, description = "Published platform name")),
    request_body = Object,
    responses((status = 200, description = "Linked (`account`), or the next `step` with its `state`"),
        (status = 400, description = "An answer cannot be right")))]
async fn connect(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(platform): Path<String>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let platform = checked_platform(&platform)?;
    let body = members(&headers, body).await?;
    let answers = answers(&body)?;
    let text = |field: &str| body.get(field).and_then(Value::as_str).map(str::to_owned);
    match text("state") {
        None => {
            let reproof = reproof(&body, address);
            let input = BeginConnect { platform, method: text("method"), answers, browser: None, reproof };
            begin_with(&front, &caller, input, &headers).await
        }
        Some(state) => {
            let input = ResumeConnect {
                platform: platform.clone(),
                state,
                caller: Some(caller),
                browser: cookie(&headers, COOKIE).map(str::to_owned),
                arrival: Arrival::Program,
                answers: answers.unwrap_or_default(),
            };
            let outcome = accounts::resume_connect(&front.app, input).await;
            Ok(answer(&platform, outcome.map_err(connect_failure)?))
        }
    }
}

fn answers(body: &Map<String, Value>) -> Result<Option<Answers>> {
    let Some(answers) = body.get("answers") else { return Ok(None) };
    let given = answers.as_object().filter(|answers| answers.len() <= MAX_ANSWERS);
    let texts: Option<Answers> = given.and_then(|answers| {
        answers
            .iter()
            .map(|(key, value)| {
                let text = value.as_str().filter(|text| text.len() <= MAX_ANSWER_BYTES)?;
                Some((key.clone(), text.to_owned()))
            })
            .collect()
    });
    texts.map(Some).ok_or_else(|| Failure::validation("\"answers\" must be an object of short texts"))
}

/// The caller's password here, given beside what is asked for.
pub(super) fn reproof(body: &Map<String, Value>, address: Option<IpAddr>) -> Option<Reproof> {
    let password = body.get("hubPassword").and_then(Value::as_str).filter(|text| !text.is_empty())?;
    Some(Reproof { password: Secret::from(password), address })
}

async fn begin_with(front: &Front, caller: &Caller, input: BeginConnect, headers: &HeaderMap) -> Result<Response> {
    let known = cookie(headers, COOKIE).filter(|value| value.len() == 64).map(str::to_owned);
    let browser = known.or_else(hub_app::clock::random_hex);
    let platform = input.platform.clone();
    let input = BeginConnect { browser: browser.clone(), ..input };
    let connecting = accounts::begin_connect(&front.app, caller, input).await.map_err(connect_failure)?;
    let mut response = answer(&platform, connecting);
    bind_browser(front, &mut response, &browser.unwrap_or_default());
    Ok(response)
}

/// Gives the browser the value that binds an attempt to it.
pub(super) fn bind_browser(front: &Front, response: &mut Response, browser: &str) {
    let secure = if front.settings.production { "; Secure" } else { "" };
    let lifetime = accounts::attempt::LIFETIME.as_secs();
    let cookie = format!("{COOKIE}={browser}; HttpOnly; SameSite=Lax; Path=/api; Max-Age={lifetime}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Linking fails with a sentence: what the person typed, what the operator forgot, or what the platform said.
fn connect_failure(error: AppError) -> Failure {
    match &error {
        AppError::Platform { .. } => {
            let mut failure = Failure::from(error);
            failure.code = "CONNECTION_FAILED";
            failure
        }
        _ => Failure::from(error).or_500("CONNECTION_FAILED", "Failed to start the connection"),
    }
}

fn answer(platform: &str, connecting: Connecting) -> Response {
    let Connecting { state, progress } = connecting;
    let body = match progress {
        ConnectProgress::Step(Step::Redirect { url }) => {
            json!({"authorizationUrl": url, "state": state, "step": {"type": "redirect", "url": url}})
        }
        ConnectProgress::Step(step) => json!({"state": state, "step": step}),
        // Only browsers that come back from a platform are asked on a page.
        ConnectProgress::Page { .. } => json!({"state": state}),
        ConnectProgress::Linked(account) => json!({
            "success": true, "platform": platform, "accountId": account.id,
            "account": both_casings(&AccountDto::from(&account)),
        }),
    };
    Json(body).into_response()
}

/// The linked accounts, newest first, disconnected ones included.
#[utoipa::path(get, path = "/api/oauth/accounts", operation_id = "listAccounts", tag = "oauth", security(("bearer" = [])),
    responses((status = 200, body = Vec<AccountDto>, description = "In `accounts`")))]
async fn list(State(front): State<Front>, CurrentUser(caller): CurrentUser) -> Result<Json<Value>> {
    let accounts = accounts::list(&front.app, &caller).await;
    let accounts = accounts.or_500("FETCH_FAILED", "Failed to retrieve connected accounts")?;
    let accounts: Vec<Value> = accounts.iter().map(|account| both_casings(&AccountDto::from(account))).collect();
    Ok(Json(json!({"accounts": accounts})))
}

fn account_id<T: From<uuid::Uuid>>(text: &str) -> Result<T> {
    let mut problems = Problems::default();
    let id = problems.id("accountId", text);
    problems.check()?;
    Ok(id)
}

/// Disconnects an account. Its conversations stay.
#[utoipa::path(delete, path = "/api/oauth/disconnect/{account_id}", operation_id = "disconnect", tag = "oauth",
    security(("bearer" = [])), params(("account_id" = String, Path, description = "Account")),
    responses((status = 200, description = "Disconnected, now or before"), (status = 404, description = "Not the caller's")))]
async fn disconnect(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let outcome = accounts::disconnect(&front.app, &caller, account_id(&id)?).await;
    outcome.or_500("DISCONNECT_FAILED", "Failed to disconnect account").map_err(|mut failure| {
        if failure.status == StatusCode::NOT_FOUND {
            "Account not found or does not belong to user".clone_into(&mut failure.message);
        }
        failure
    })?;
    Ok(Json(json!({"success": true, "message": "Account disconnected successfully"})))
}

/// Renews an account's platform token if it ends soon.
#[utoipa::path(post, path = "/api/oauth/refresh/{account_id}", operation_id = "refreshAccount", tag = "oauth",
    security(("bearer" = [])), params(("account_id" = String, Path, description = "Account")),
    responses((status = 200, description = "Renewed, or still good"), (status = 404, description = "Not the caller's")))]
async fn refresh(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let outcome = accounts::refresh_grant(&front.app, &caller, account_id(&id)?).await;
    outcome.or_500("REFRESH_FAILED", "Failed to refresh token")?;
    Ok(Json(json!({"success": true, "message": "Token refreshed successfully"})))
}

/// What is left of each active account's budget of calls.
#[utoipa::path(get, path = "/api/oauth/rate-limits", operation_id = "rateLimits", tag = "oauth", security(("bearer" = [])),
    responses((status = 200, description = "In `rateLimits`")))]
async fn rate_limits(State(front): State<Front>, CurrentUser(caller): CurrentUser) -> Result<Json<Value>> {
    let limits =
        accounts::rate_limits(&front.app, &caller).await.or_500("FETCH_FAILED", "Failed to fetch rate limits")?;
    let limits: Vec<Value> = limits
        .into_iter()
        .filter_map(|limit| {
            // The contract's fields tell of one budget: the one most used up.
            let tightest = limit.budgets.first()?;
            Some(json!({
                "accountId": limit.account_id, "platform": limit.platform, "limit": tightest.window.calls,
                "remaining": tightest.left, "resetAt": time::to_contract(limit.at + tightest.whole_in),
                "windowMs": window_ms(tightest.window),
                "budgets": limit.budgets.iter().map(|budget| json!({
                    "spending": budget.spending.as_str(), "limit": budget.window.calls, "remaining": budget.left,
                    "resetAt": time::to_contract(limit.at + budget.whole_in), "windowMs": window_ms(budget.window),
                })).collect::<Vec<_>>(),
            }))
        })
        .collect();
    Ok(Json(json!({"rateLimits": limits})))
}
