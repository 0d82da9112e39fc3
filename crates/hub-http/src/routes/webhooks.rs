//! `/api/webhooks`: platforms call. Bytes and headers go on untouched; nothing is parsed here.

use crate::body::{MAX_DELIVERY, read};
use crate::failure::{Failure, Result};
use crate::front::Front;
use crate::validate::{PLATFORMS, Query};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_app::WebhookRequest;
use hub_app::inbox::{self, Refused};
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A platform that came too early is asked to wait this long.
const COME_AGAIN: Duration = Duration::from_secs(1);

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(challenge, deliver)).routes(routes!(challenge_at, deliver_at))
}

/// A platform's challenge.
#[utoipa::path(get, path = "/api/webhooks/{platform}", operation_id = "webhookChallenge", tag = "webhooks",
    params(("platform" = String, Path, description = "Published platform name")),
    responses((status = 200, description = "The platform's own words"), (status = 403, description = "Wrong token")))]
async fn challenge(State(front): State<Front>, Path(platform): Path<String>, request: Request) -> Result<Response> {
    greet(&front, &platform, None, request).await
}

/// The same at the address of one subscription.
#[utoipa::path(get, path = "/api/webhooks/{platform}/{key}", operation_id = "webhookChallengeAt", tag = "webhooks",
    params(("platform" = String, Path, description = "Published platform name"), ("key" = String, Path, description = "Subscription")),
    responses((status = 200, description = "The platform's own words"), (status = 403, description = "Wrong token")))]
async fn challenge_at(
    State(front): State<Front>,
    Path((platform, key)): Path<(String, String)>,
    request: Request,
) -> Result<Response> {
    greet(&front, &platform, Some(key), request).await
}

/// A delivery. Answered with success only once it is on disk.
#[utoipa::path(post, path = "/api/webhooks/{platform}", operation_id = "webhook", tag = "webhooks", request_body = Object,
    params(("platform" = String, Path, description = "Published platform name")),
    responses((status = 200, description = "Stored"), (status = 401, description = "Not proven"),
        (status = 503, description = "Not stored; come again")))]
async fn deliver(State(front): State<Front>, Path(platform): Path<String>, request: Request) -> Result<Response> {
    receive(&front, &platform, None, request).await
}

/// The same at the address of one subscription.
#[utoipa::path(post, path = "/api/webhooks/{platform}/{key}", operation_id = "webhookAt", tag = "webhooks",
    request_body = Object,
    params(("platform" = String, Path, description = "Published platform name"), ("key" = String, Path, description = "Subscription")),
    responses((status = 200, description = "Stored"), (status = 401, description = "Not proven"),
        (status = 503, description = "Not stored; come again")))]
async fn deliver_at(
    State(front): State<Front>,
    Path((platform, key)): Path<(String, String)>,
    request: Request,
) -> Result<Response> {
    receive(&front, &platform, Some(key), request).await
}

async fn greet(front: &Front, platform: &str, key: Option<String>, request: Request) -> Result<Response> {
    let request = taken(key, request).await?;
    match inbox::greet_webhook(&front.app, platform, &request).await {
        Ok(Some(greeting)) => {
            let status = StatusCode::from_u16(greeting.status).unwrap_or(StatusCode::OK);
            let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(greeting.content_type))];
            Ok((status, kind, greeting.body).into_response())
        }
        Ok(None) => Err(refusal(Refused::BadVerifyToken)),
        // A platform of the contract that is not part of this hub has no token that could be right.
        Err(Refused::UnknownPlatform) if PLATFORMS.contains(&platform) => Err(refusal(Refused::BadVerifyToken)),
        Err(refused) => Err(refusal(refused)),
    }
}

async fn receive(front: &Front, platform: &str, key: Option<String>, request: Request) -> Result<Response> {
    let received = take_in(front, platform, key, request).await;
    if received.as_ref().is_err_and(|failure| failure.status == StatusCode::UNAUTHORIZED) {
        front.note_refusal(platform);
    }
    received
}

async fn take_in(front: &Front, platform: &str, key: Option<String>, request: Request) -> Result<Response> {
    let mut request = taken(key, request).await?;
    // Some platforms send their challenge as a delivery, with a token in the query.
    match inbox::greet_webhook(&front.app, platform, &request).await {
        Ok(Some(greeting)) => {
            let status = StatusCode::from_u16(greeting.status).unwrap_or(StatusCode::OK);
            let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(greeting.content_type))];
            return Ok((status, kind, greeting.body).into_response());
        }
        Ok(None) => {}
        // Nor a secret.
        Err(Refused::UnknownPlatform) if PLATFORMS.contains(&platform) => return Err(refusal(Refused::BadSignature)),
        Err(refused) => return Err(refusal(refused)),
    }
    "POST".clone_into(&mut request.method);
    let accepted = inbox::receive_webhook(&front.app, platform, request).await.map_err(refusal)?;
    let status = StatusCode::from_u16(accepted.status).unwrap_or(StatusCode::OK);
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((status, kind, Bytes::from_static(accepted.body.as_bytes())).into_response())
}

/// The request as it came.
async fn taken(path_key: Option<String>, request: Request) -> Result<WebhookRequest> {
    let (parts, body): (_, Body) = request.into_parts();
    let body = read(&parts.headers, body, MAX_DELIVERY).await?;
    let headers = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    Ok(WebhookRequest {
        method: parts.method.as_str().to_owned(),
        path_key,
        query: Query::of(&parts.uri).into_pairs().into_iter().collect(),
        headers,
        body,
    })
}

fn refusal(refused: Refused) -> Failure {
    match refused {
        Refused::BadSignature => Failure::new(StatusCode::UNAUTHORIZED, "INVALID_SIGNATURE", "Invalid signature"),
        Refused::BadVerifyToken => Failure::new(StatusCode::FORBIDDEN, "INVALID_VERIFY_TOKEN", "Invalid verify token"),
        Refused::Malformed(text) => Failure::validation(text),
        Refused::UnknownPlatform => Failure::not_found("Route not found"),
        Refused::Busy => Failure::unavailable().after(COME_AGAIN),
        Refused::Internal => Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "Internal server error"),
    }
}
