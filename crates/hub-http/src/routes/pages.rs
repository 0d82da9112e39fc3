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
/// Where administrators look and act: an empty shell, which asks the API for everything. It is the hub's own beside every front end.
const ADMIN_PAGE: &str = include_str!("admin_page/index.html");
const ADMIN_STYLE: &str = include_str!("admin_page/admin.css");
const ADMIN_SCRIPTS: [(&str, &str); 7] = [
    ("/admin/admin.js", include_str!("admin_page/admin.js")),
    ("/admin/api.js", include_str!("admin_page/api.js")),
    ("/admin/files.js", include_str!("admin_page/files.js")),
    ("/admin/overview.js", include_str!("admin_page/overview.js")),
    ("/admin/parked.js", include_str!("admin_page/parked.js")),
    ("/admin/parts.js", include_str!("admin_page/parts.js")),
    ("/admin/sections.js", include_str!("admin_page/sections.js")),
];
/// The page shows what strangers wrote beside what administrators may do: nothing runs on it but its own scripts, which cannot make
/// markup of texts, and nobody frames it.
const ADMIN_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
/// Addresses that are never a page of the front end.
const NOT_PAGES: [&str; 4] = ["/api", "/health", "/socket.io", "/ws"];

pub(crate) fn pages(front: &Front) -> Router<Front> {
    if front.settings.frontend_dist.is_none() {
        return admin()
            .route("/", get(Html(PLAIN_PAGE)))
            .route("/connect", get(Html(CONNECT_PAGE)))
            .route("/connect.css", get(([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CONNECT_STYLE)))
            .route("/connect.js", get(([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], CONNECT_SCRIPT)));
    }
    admin().route("/", get(file)).route("/{*path}", get(file))
}

/// The administrators' page with its files.
fn admin() -> Router<Front> {
    let file = |kind: &'static str, text: &'static str| {
        let headers = [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_SECURITY_POLICY, ADMIN_POLICY),
            // A new version of the hub must not meet scripts of the old one.
            (header::CACHE_CONTROL, "no-cache"),
        ];
        get((headers, text))
    };
    let router = Router::new()
        .route("/admin", file("text/html; charset=utf-8", ADMIN_PAGE))
        .route("/admin/admin.css", file("text/css; charset=utf-8", ADMIN_STYLE));
    ADMIN_SCRIPTS
        .into_iter()
        .fold(router, |router, (path, text)| router.route(path, file("text/javascript; charset=utf-8", text)))
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
