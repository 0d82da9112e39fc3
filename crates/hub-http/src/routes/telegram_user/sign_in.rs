//! Signing in with number, code and password. The key of the attempt travels as the contract's `phoneCodeHash`.

use super::{PLATFORM, not_configured, text};
use crate::body::members;
use crate::extract::{ClientAddress, CurrentUser};
use crate::failure::{Failure, Result};
use crate::front::Front;
use crate::routes::oauth::reproof;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use hub_app::accounts::{self, Arrival, BeginConnect, ConnectProgress, ResumeConnect};
use hub_app::{AppError, Caller, ErrorKind};
use hub_domain::Account;
use hub_domain::connect::{Answers, Field, Step};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The way of linking behind these routes, and what it asks for.
const METHOD: &str = "phone";
const PHONE: &str = "phone";
const CODE: &str = "code";
const PASSWORD: &str = "password";

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(phone)).routes(routes!(verify))
}

/// Has a log-in code sent to `phoneNumber`. The caller must have given the password here lately, or gives it as `hubPassword`.
#[utoipa::path(post, path = "/api/telegram/auth/phone", operation_id = "telegramPhone", tag = "telegram user",
    security(("bearer" = [])), request_body = Object,
    responses((status = 200, description = "`phoneCodeHash`, for the next call"),
        (status = 400, description = "No such number, or the caller must sign in here again (`STEP_UP_REQUIRED`)"),
        (status = 429, description = "Too many codes; `Retry-After` tells when"),
        (status = 503, description = "Telegram user accounts are not configured")))]
async fn phone(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    let body = members(&headers, body).await?;
    let number = text(&body, "phoneNumber");
    if number.trim().is_empty() {
        return Err(Failure::validation("Phone number required"));
    }
    let input = BeginConnect {
        platform: PLATFORM.to_owned(),
        method: Some(METHOD.to_owned()),
        answers: Some(Answers::from([(PHONE.to_owned(), number)])),
        browser: None,
        reproof: reproof(&body, address),
    };
    let connecting = accounts::begin_connect(&front.app, &caller, input).await;
    let connecting = connecting.map_err(|error| refused(error, "Failed to send verification code"))?;
    let mut answer = json!({"success": true, "phoneCodeHash": connecting.state});
    if let ConnectProgress::Linked(account) = connecting.progress {
        // No code was needed.
        answer["accountId"] = json!(account.id);
    }
    Ok(Json(answer))
}

/// Signs in with `phoneCode`, and with `password` where the account has one.
#[utoipa::path(post, path = "/api/telegram/auth/verify", operation_id = "telegramVerify", tag = "telegram user",
    security(("bearer" = [])), request_body = Object,
    responses((status = 200, description = "`accountId` and `username`; or `needPassword` with a `hint`, and the same call again with `password`"),
        (status = 400, description = "Wrong code or password, or the attempt is over"),
        (status = 429, description = "Too many tries; `Retry-After` tells when")))]
async fn verify(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    let body = members(&headers, body).await?;
    let (state, password) = (text(&body, "phoneCodeHash"), text(&body, "password"));
    let failed = |error| refused(error, "Invalid verification code");
    let mut step = accounts::asked(&front.app, &caller, PLATFORM, &state).await.map_err(failed)?;
    let mut answered = None;
    // The code and then the password, each once.
    loop {
        let (field, answer) = match asks(&step) {
            Some(field) if answered == Some(field.name.as_str()) => return Err(wrong(&step)),
            Some(field) if field.name == CODE => (CODE, text(&body, "phoneCode")),
            Some(field) if field.name == PASSWORD && password.is_empty() => {
                return Ok(Json(json!({"success": false, "needPassword": true, "hint": field.help})));
            }
            Some(field) if field.name == PASSWORD => (PASSWORD, password.clone()),
            _ => {
                // Back at the number: whoever wants a new code begins anew.
                accounts::abandon(&front.app, &state).await.map_err(failed)?;
                return Err(invalid("The code has expired. Please ask for a new one."));
            }
        };
        let answers = Answers::from([(field.to_owned(), answer)]);
        step = match go_on(&front, &caller, &state, answers).await.map_err(failed)? {
            ConnectProgress::Linked(account) => return Ok(Json(signed_in(&account))),
            ConnectProgress::Step(step) => step,
            ConnectProgress::Page { .. } => return Err(Failure::internal()),
        };
        answered = Some(field);
    }
}

async fn go_on(front: &Front, caller: &Caller, state: &str, answers: Answers) -> hub_app::Result<ConnectProgress> {
    let input = ResumeConnect {
        platform: PLATFORM.to_owned(),
        state: state.to_owned(),
        caller: Some(caller.clone()),
        browser: None,
        arrival: Arrival::Program,
        answers,
    };
    Ok(accounts::resume_connect(&front.app, input).await?.progress)
}

/// The first field of a form.
fn asks(step: &Step) -> Option<&Field> {
    match step {
        Step::Ask { fields, .. } => fields.first(),
        Step::Redirect { .. } | Step::Choose { .. } => None,
    }
}

fn signed_in(account: &Account) -> Value {
    json!({"success": true, "accountId": account.id, "username": account.username})
}

/// The same was asked again: the title says why.
fn wrong(step: &Step) -> Failure {
    match step {
        Step::Ask { title, .. } => invalid(title),
        Step::Redirect { .. } | Step::Choose { .. } => Failure::internal(),
    }
}

fn invalid(why: &str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", format!("Invalid verification code: {why}"))
}

/// A refusal with the contract's beginning of the sentence.
fn refused(error: AppError, beginning: &str) -> Failure {
    let why = match &error {
        AppError::NotConfigured(_) => return not_configured(),
        AppError::StepUpRequired | AppError::Throttled { .. } | AppError::Unavailable => return error.into(),
        AppError::InvalidState => "Session not found. Please restart verification.".to_owned(),
        AppError::Platform { error, .. } => error.message.clone(),
        other => other.to_string(),
    };
    let status = match &error {
        AppError::Invalid(_) | AppError::InvalidState => StatusCode::BAD_REQUEST,
        AppError::Platform { error, .. } => match error.kind {
            ErrorKind::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::BadInput | ErrorKind::Rejected => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        },
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut failure = Failure::from(error);
    failure.status = status;
    failure.message = format!("{beginning}: {why}");
    failure
}
