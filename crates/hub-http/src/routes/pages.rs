//! Pages: a configured front end with its files, else one page that says what runs here.

use crate::failure::Failure;
use crate::front::Front;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tower_http::services::{ServeDir, ServeFile};

/// Shown at `/` when no front end is configured.
const PLAIN_PAGE: &str = include_str!("page.html");
/// Where accounts are linked; browsers come back to it from platforms.
const CONNECT_PAGE: &str = include_str!("connect/index.html");
const CONNECT_STYLE: &str = include_str!("connect/connect.css");
const CONNECT_SCRIPT: &str = include_str!("connect/connect.js");
/// Addresses that are never a page of the front end.
const NOT_PAGES: [&str; 4] = ["/api", "/health", "/socket.io", "/ws"];

pub(crate) fn pages(front: &Front) -> Router<Front> {
    if front.settings.frontend_dist.is_none() {
        return Router::new()
            .route("/", get(Html(PLAIN_PAGE)))
            .route("/connect", get(Html(CONNECT_PAGE)))
            .route("/connect.css", get(([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CONNECT_STYLE)))
            .route("/connect.js", get(([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], CONNECT_SCRIPT)));
    }
    Router::new().route("/", get(file)).route("/{*path}", get(file))
}

/// A file of the front end; every other address is one of its own pages.
async fn file(State(front): State<Front>, request: Request) -> Response {
    let path = request.uri().path();
    let reserved =
        NOT_PAGES.iter().any(|p| path == *p || path.strip_prefix(p).is_some_and(|rest| rest.starts_with('/')));
    let Some(folder) = front.settings.frontend_dist.as_ref().filter(|_| !reserved) else {
        return Failure::not_found("Route not found").into_response();
    };
    let service = ServeDir::new(folder).fallback(ServeFile::new(folder.join("index.html")));
    match service.clone().try_call(request).await {
        Ok(response) => response.into_response(),
        Err(error) => {
            tracing::error!(%error, "a file of the front end could not be read");
            Failure::internal().into_response()
        }
    }
}
