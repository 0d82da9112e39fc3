//! `/api/media`: files of messages, for a signed link or a signed-in user. What others sent never runs here.

use crate::extract::caller;
use crate::failure::{Failure, Result};
use crate::front::Front;
use crate::validate::{Problems, Query};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use hub_app::AppError;
use hub_app::media::{self, MediaAccess, MediaBytes, MediaLink, OpenMedia};
use tower_http::services::ServeFile;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(open)).routes(routes!(avatar))
}

/// A file of a message: with the signed link of a message, or with an access token. Ranges work.
#[utoipa::path(get, path = "/api/media/{attachment_id}", operation_id = "media", tag = "media",
    params(("attachment_id" = String, Path, description = "Attachment"),
        ("exp" = Option<i64>, Query, description = "Of a signed link"), ("user" = Option<String>, Query, description = "Of a signed link"),
        ("sig" = Option<String>, Query, description = "Of a signed link")),
    responses((status = 200, description = "The file"), (status = 404, description = "Not the caller's, or not to be had")))]
async fn open(State(front): State<Front>, Path(id): Path<String>, request: Request) -> Result<Response> {
    let mut problems = Problems::default();
    let id = problems.id("attachmentId", &id);
    problems.check()?;
    let access = access(&front, request.headers(), request.uri()).await?;
    show(media::open(&front.app, id, &access).await?, request).await
}

/// The picture of a conversation's other person, as the hub copied it.
#[utoipa::path(get, path = "/api/media/avatars/{conversation_id}", operation_id = "avatar", tag = "media",
    params(("conversation_id" = String, Path, description = "Conversation"),
        ("exp" = Option<i64>, Query, description = "Of a signed link"), ("user" = Option<String>, Query, description = "Of a signed link"),
        ("sig" = Option<String>, Query, description = "Of a signed link")),
    responses((status = 200, description = "The picture"), (status = 404, description = "Not the caller's, or there is none")))]
async fn avatar(State(front): State<Front>, Path(id): Path<String>, request: Request) -> Result<Response> {
    let mut problems = Problems::default();
    let id = problems.id("conversationId", &id);
    problems.check()?;
    let access = access(&front, request.headers(), request.uri()).await?;
    show(media::open_avatar(&front.app, id, &access).await?, request).await
}

/// By a signed link, or as a signed-in user.
async fn access(front: &Front, headers: &HeaderMap, uri: &Uri) -> Result<MediaAccess> {
    let query = Query::of(uri);
    match query.get("sig") {
        Some(signature) => {
            Ok(MediaAccess::Link(link(&query, signature).ok_or_else(|| Failure::not_found("File not found"))?))
        }
        None => Ok(MediaAccess::User(caller(front, headers).await?.user_id)),
    }
}

async fn show(file: OpenMedia, request: Request) -> Result<Response> {
    let mut response = match &file.bytes {
        MediaBytes::Kept(path) => {
            let mime = file.mime.parse().map_err(|_| AppError::Internal("a media type that is none".to_owned()))?;
            let served = ServeFile::new_with_mime(path, &mime).try_call(request).await;
            served.map_err(|error| AppError::Internal(format!("a file could not be read: {error}")))?.into_response()
        }
        MediaBytes::Passing(bytes) => {
            let mime = HeaderValue::from_str(&file.mime)
                .map_err(|_| AppError::Internal("a media type that is none".to_owned()))?;
            ([(header::CONTENT_TYPE, mime)], bytes.clone()).into_response()
        }
    };
    let name = file.file_name.as_deref().unwrap_or("file");
    let shown = if file.inline { "inline" } else { "attachment" };
    // The name is somebody else's text: only its percent-encoded form may stand in a header (RFC 6266).
    let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let disposition = format!("{shown}; filename*=UTF-8''{}", encoded.replace('+', "%20"));
    let headers = response.headers_mut();
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300, immutable"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    Ok(response)
}

fn link(query: &Query, signature: &str) -> Option<MediaLink> {
    let user: uuid::Uuid = query.get("user")?.parse().ok()?;
    Some(MediaLink { expires: query.get("exp")?.parse().ok()?, user: user.into(), signature: signature.to_owned() })
}
