//! Where browsers come back to from a platform. Both prefixes are registered at providers and stay.

use crate::body::members;
use crate::extract::{caller, cookie};
use crate::failure::{Failure, Named, Result};
use crate::front::Front;
use crate::validate::{Problems, Query};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hub_app::AppError;
use hub_app::accounts::{self, Arrival, ConnectProgress, ResumeConnect};
use hub_domain::connect::Answers;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(come_back, post_back)).routes(routes!(come_back_auth, post_back_auth))
}

/// The browser returns with a code, an error, or the fields of a log-in widget; it is sent on to the front end.
#[utoipa::path(get, path = "/api/oauth/callback/{platform}", operation_id = "oauthCallback", tag = "oauth",
    params(("platform" = String, Path, description = "Published platform name")),
    responses((status = 302, description = "On to the front end"), (status = 400, description = "Unknown or used attempt")))]
async fn come_back(front: State<Front>, platform: Path<String>, headers: HeaderMap, uri: Uri) -> Result<Response> {
    returned(front, platform, headers, uri).await
}

/// The same under the other registered prefix.
#[utoipa::path(get, path = "/api/auth/callback/{platform}", operation_id = "authCallback", tag = "oauth",
    params(("platform" = String, Path, description = "Published platform name")),
    responses((status = 302, description = "On to the front end"), (status = 400, description = "Unknown or used attempt")))]
async fn come_back_auth(front: State<Front>, platform: Path<String>, headers: HeaderMap, uri: Uri) -> Result<Response> {
    returned(front, platform, headers, uri).await
}

/// The fields of a log-in widget with the attempt's `state`.
#[utoipa::path(post, path = "/api/oauth/callback/{platform}", operation_id = "oauthCallbackPost", tag = "oauth",
    params(("platform" = String, Path, description = "Published platform name")), request_body = Object,
    responses((status = 200, description = "Linked"), (status = 400, description = "Not proven, too old, or used")))]
async fn post_back(front: State<Front>, platform: Path<String>, headers: HeaderMap, body: Body) -> Result<Json<Value>> {
    posted(front, platform, headers, body).await
}

/// The same under the other registered prefix.
#[utoipa::path(post, path = "/api/auth/callback/{platform}", operation_id = "authCallbackPost", tag = "oauth",
    params(("platform" = String, Path, description = "Published platform name")), request_body = Object,
    responses((status = 200, description = "Linked"), (status = 400, description = "Not proven, too old, or used")))]
async fn post_back_auth(
    front: State<Front>,
    platform: Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    posted(front, platform, headers, body).await
}

fn checked_platform(platform: &str) -> Result<String> {
    let mut problems = Problems::default();
    let platform = problems.platform("platform", platform);
    problems.check()?;
    Ok(platform)
}

async fn returned(
    State(front): State<Front>,
    Path(platform): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response> {
    let platform = checked_platform(&platform)?;
    let mut answers: Answers = Query::of(&uri).into_pairs().into_iter().collect();
    if let Some(error) = answers.get("error") {
        let error = error_code(error);
        if let Some(state) = answers.get("state") {
            accounts::abandon(&front.app, state).await?;
        }
        return Ok(redirect(&front, &[("error", error), ("platform", &platform)]));
    }
    let proven = answers.contains_key("code") || answers.contains_key("hash");
    let Some(state) = answers.remove("state").filter(|state| !state.is_empty() && proven) else {
        return Err(missing());
    };
    let browser = cookie(&headers, super::oauth::COOKIE).map(str::to_owned);
    // Browsers carry no token here; a program that follows the redirect by itself may.
    let caller = caller(&front, &headers).await.ok();
    let arrival = Arrival::Redirect;
    let input = ResumeConnect { platform: platform.clone(), state, caller, browser, arrival, answers };
    match accounts::resume_connect(&front.app, input).await {
        Ok(connecting) => Ok(match connecting.progress {
            ConnectProgress::Linked(account) => {
                let id = account.id.to_string();
                redirect(&front, &[("success", "true"), ("platform", &platform), ("accountId", &id)])
            }
            ConnectProgress::Page { browser } => {
                let mut response = super::connect_page::ask(&connecting.state);
                super::oauth::bind_browser(&front, &mut response, &browser);
                response
            }
            ConnectProgress::Step(_) => redirect(&front, &[("state", &connecting.state), ("platform", &platform)]),
        }),
        Err(error @ (AppError::InvalidState | AppError::Unavailable)) => Err(error.into()),
        Err(error) => {
            // Our own words only: what a platform or a library says does not belong into an address.
            let message = match &error {
                AppError::Invalid(sentence) => sentence.clone(),
                AppError::NotConfigured(_) => error.to_string(),
                _ => "The platform did not complete the connection. Please try again.".to_owned(),
            };
            tracing::warn!(platform, %error, "linking failed");
            let parameters = [("error", "callback_failed"), ("platform", &platform), ("message", &message)];
            Ok(redirect(&front, &parameters))
        }
    }
}

/// What a platform calls its refusal: a word, or it is not passed on.
fn error_code(error: &str) -> &str {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
    if !error.is_empty() && error.len() <= 64 && error.chars().all(word) { error } else { "platform_error" }
}

fn missing() -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "INVALID_CALLBACK", "Missing code or state parameter")
}

pub(super) fn redirect(front: &Front, parameters: &[(&str, &str)]) -> Response {
    let settings = front.app.settings();
    let base = settings.frontend_url.as_deref().or(settings.public_url.as_deref()).unwrap_or_default();
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    // The front end reads percent-encoding; a plus sign would stay one.
    let target = format!("{base}/connect?{}", query.replace('+', "%20"));
    match HeaderValue::from_str(&target) {
        Ok(target) => (StatusCode::FOUND, [(header::LOCATION, target)]).into_response(),
        Err(_) => missing().into_response(),
    }
}

async fn posted(
    State(front): State<Front>,
    Path(platform): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    let platform = checked_platform(&platform)?;
    let mut answers: Answers = members(&headers, body)
        .await?
        .into_iter()
        .filter_map(|(key, value)| match value {
            Value::String(text) => Some((key, text)),
            Value::Number(number) => Some((key, number.to_string())),
            _ => None,
        })
        .collect();
    let proven = answers.contains_key("hash") || answers.contains_key("code");
    let Some(state) = answers.remove("state").filter(|state| !state.is_empty() && proven) else {
        return Err(missing());
    };
    let browser = cookie(&headers, super::oauth::COOKIE).map(str::to_owned);
    let arrival = Arrival::Program;
    let input = ResumeConnect { platform: platform.clone(), state, caller: None, browser, arrival, answers };
    let connecting = accounts::resume_connect(&front.app, input).await;
    let connecting = connecting.or_500("CONNECTION_FAILED", "Failed to complete the connection")?;
    Ok(Json(match connecting.progress {
        ConnectProgress::Linked(account) => json!({"success": true, "platform": platform, "accountId": account.id}),
        ConnectProgress::Step(step) => json!({"success": false, "state": connecting.state, "step": step}),
        ConnectProgress::Page { .. } => json!({"success": false, "state": connecting.state}),
    }))
}
