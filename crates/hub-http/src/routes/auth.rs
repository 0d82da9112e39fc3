//! `/api/auth`: accounts of the hub.

use crate::body::members;
use crate::extract::{ClientAddress, CurrentUser, cookie};
use crate::failure::{Failure, Named, Result};
use crate::front::Front;
use crate::validate::Problems;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_app::auth::{self, Credentials, Refresh, Session};
use hub_app::{AppError, Secret};
use hub_domain::{User, text, time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::net::IpAddr;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The rotation cookie (contract, `http.md` 3.3).
const COOKIE: &str = "hub_rt";
/// Shortest password in characters.
const MIN_PASSWORD: usize = 8;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(me))
}

/// E-mail address and password.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "documentation of a body that is checked by hand")]
struct CredentialsBody {
    email: String,
    /// At least 8 characters and at most 72 bytes.
    password: String,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documentation of a body that is checked by hand")]
struct RefreshBody {
    refresh_token: String,
}

/// A user and a pair of tokens.
#[derive(Serialize, ToSchema)]
struct SessionBody {
    user: UserBody,
    tokens: TokensBody,
}

/// A pair of tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TokensBody {
    /// Good for 15 minutes.
    access_token: String,
    /// Good for 7 days, once.
    refresh_token: String,
}

/// A user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserBody {
    id: String,
    email: String,
    created_at: String,
}

impl From<&User> for UserBody {
    fn from(user: &User) -> Self {
        Self { id: user.id.to_string(), email: user.email.clone(), created_at: time::to_contract(user.created_at) }
    }
}

/// The words of both forms; the first problem only.
fn credentials(body: &Map<String, Value>, least: usize, address: Option<IpAddr>) -> Result<Credentials> {
    let mut problems = Problems::default();
    let email = problems.text(body, "email");
    if !email.is_empty() && !text::is_email(email) {
        problems.add("email", "must be a valid email");
    }
    let password = problems.text(body, "password");
    if !password.is_empty() && password.chars().count() < least {
        problems.add("password", &format!("length must be at least {least} characters long"));
    }
    problems.only(body, &["email", "password"]);
    problems.check_first()?;
    Ok(Credentials { email: email.to_owned(), password: Secret::from(password), address })
}

/// Registers a user and signs in.
#[utoipa::path(post, path = "/api/auth/register", operation_id = "register", tag = "auth", request_body = CredentialsBody,
    responses((status = 201, body = SessionBody), (status = 400, description = "Invalid input"),
        (status = 409, description = "The address is taken")))]
async fn register(
    State(front): State<Front>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let input = credentials(&members(&headers, body).await?, MIN_PASSWORD, address)?;
    let session = auth::register(&front.app, input).await.or_500("REGISTRATION_FAILED", "Failed to register user");
    let session = session.map_err(|mut failure| {
        failure.retryable &= failure.code != "REGISTRATION_FAILED";
        failure
    })?;
    Ok(signed_in(&front, StatusCode::CREATED, session))
}

/// Signs in.
#[utoipa::path(post, path = "/api/auth/login", operation_id = "login", tag = "auth", request_body = CredentialsBody,
    responses((status = 200, body = SessionBody), (status = 401, description = "Unknown address or wrong password")))]
async fn login(
    State(front): State<Front>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let input = credentials(&members(&headers, body).await?, 0, address)?;
    let session = auth::login(&front.app, input).await?;
    Ok(signed_in(&front, StatusCode::OK, session))
}

fn signed_in(front: &Front, status: StatusCode, session: Session) -> Response {
    let cookie = rotation_cookie(front, &session.refresh_token);
    let tokens = TokensBody { access_token: session.access_token, refresh_token: session.refresh_token };
    (status, cookie, Json(SessionBody { user: UserBody::from(&session.user), tokens })).into_response()
}

fn rotation_cookie(front: &Front, token: &str) -> HeaderMap {
    let age = if token.is_empty() { 0 } else { front.app.settings().refresh_lifetime.as_secs() };
    let secure = if front.settings.production { "; Secure" } else { "" };
    let value = format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/api/auth; Max-Age={age}{secure}");
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(header::SET_COOKIE, value);
    }
    headers
}

/// The token of a body.
async fn refresh_token(headers: &HeaderMap, body: Body) -> Result<String> {
    let body = members(headers, body).await?;
    let mut problems = Problems::default();
    let token = problems.text(&body, "refreshToken").to_owned();
    problems.only(&body, &["refreshToken"]);
    problems.check_first()?;
    Ok(token)
}

/// Exchanges a refresh token for a new pair. Each works once, and for a moment longer.
#[utoipa::path(post, path = "/api/auth/refresh", operation_id = "refresh", tag = "auth", request_body = RefreshBody,
    responses((status = 200, body = TokensBody), (status = 401, description = "The token cannot be used")))]
async fn refresh(
    State(front): State<Front>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let token = refresh_token(&headers, body).await?;
    let cookie = cookie(&headers, COOKIE).filter(|token| !token.is_empty()).map(Secret::from);
    let input = Refresh { token: Secret::from(token), cookie, address };
    let session = auth::refresh(&front.app, input).await?;
    let pair = json!({"accessToken": session.access_token, "refreshToken": session.refresh_token});
    let mut answer = pair.clone();
    answer["tokens"] = pair;
    Ok((rotation_cookie(&front, &session.refresh_token), Json(answer)).into_response())
}

/// Revokes a refresh token.
#[utoipa::path(post, path = "/api/auth/logout", operation_id = "logout", tag = "auth", request_body = RefreshBody,
    responses((status = 200, description = "Revoked, or never known")))]
async fn logout(State(front): State<Front>, headers: HeaderMap, body: Body) -> Result<Response> {
    let token = refresh_token(&headers, body).await?;
    auth::logout(&front.app, &token).await.or_500("LOGOUT_FAILED", "Failed to logout")?;
    Ok((rotation_cookie(&front, ""), Json(json!({"message": "Logged out successfully"}))).into_response())
}

/// The signed-in user.
#[utoipa::path(get, path = "/api/auth/me", operation_id = "me", tag = "auth", security(("bearer" = [])),
    responses((status = 200, body = UserBody), (status = 401, description = "Not signed in")))]
async fn me(State(front): State<Front>, CurrentUser(caller): CurrentUser) -> Result<Json<Value>> {
    let user = match auth::me(&front.app, &caller).await {
        // A token may outlive its user.
        Err(AppError::NotFound(_)) => {
            return Err(Failure::new(StatusCode::UNAUTHORIZED, "INVALID_TOKEN", "Invalid access token"));
        }
        outcome => outcome.or_500("USER_INFO_FAILED", "Failed to get user info")?,
    };
    let created_at = time::to_contract(user.created_at);
    Ok(Json(json!({
        "user": UserBody::from(&user), "id": user.id, "email": user.email, "createdAt": created_at,
        "updatedAt": time::to_contract(user.updated_at),
    })))
}
