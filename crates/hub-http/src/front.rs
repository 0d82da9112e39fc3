//! Puts the front door together and opens it.

use crate::layers::limiter::Limiter;
use crate::layers::{edge, headers};
use crate::realtime::{Live, socketio};
use crate::settings::HttpSettings;
use crate::validate::PLATFORMS;
use crate::{openapi, routes};
use axum::Router;
use axum::ServiceExt;
use axum::extract::Request;
use axum::http::{HeaderValue, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::serve::ListenerExt;
use hub_app::App;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::Layer;
use tower::util::MapRequestLayer;
use tower_http::compression::CompressionLayer;

/// How long requests may take to finish when the hub stops.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// What handlers need. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) app: App,
    pub(crate) settings: Arc<HttpSettings>,
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) live: Live,
    pub(crate) content_policy: HeaderValue,
    /// Platforms whose first refused delivery was logged.
    refused: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl Front {
    fn new(app: App, settings: HttpSettings, stop: CancellationToken) -> Self {
        Self {
            limiter: Arc::new(Limiter::new(settings.rate_limit_per_minute)),
            content_policy: headers::content_policy(settings.public_url.as_deref()),
            live: Live::new(app.clone(), stop),
            settings: Arc::new(settings),
            refused: Arc::default(),
            app,
        }
    }

    /// Says once per platform that a delivery was refused: a forgotten secret looks like this, and so does a stranger who must
    /// not be able to fill the log.
    pub(crate) fn note_refusal(&self, platform: &str) {
        let Some(platform) = PLATFORMS.into_iter().find(|known| *known == platform) else { return };
        if self.refused.lock().unwrap_or_else(PoisonError::into_inner).insert(platform) {
            tracing::warn!(
                platform,
                "a delivery was refused: its proof is missing or wrong, or no secret is set here; later ones are not logged"
            );
        }
    }

    /// True for an origin that may open sockets and call the API: listed, or the hub's own.
    pub(crate) fn is_own_or_listed(&self, origin: &str, host: Option<&str>) -> bool {
        let own =
            origin.split_once("://").is_some_and(|(_, rest)| host.is_some_and(|host| rest.eq_ignore_ascii_case(host)));
        own || self.settings.origins.iter().any(|listed| listed == origin)
    }
}

/// Opens the door and serves until `stop`; then lets requests finish and tells sockets to come again.
pub async fn serve(
    app: App,
    settings: HttpSettings,
    listener: TcpListener,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let front = Front::new(app, settings, stop.clone());
    let (sockets, io) = socketio::layer(front.clone());
    let router = router(&front).layer(sockets).layer(from_fn(socketio::check_version));
    let router = router
        .layer(from_fn_with_state(front.clone(), headers::cross_origin))
        .layer(from_fn_with_state(front.clone(), edge::edge));
    let service = MapRequestLayer::new(without_trailing_slash).layer(router);
    let renderer = tokio::spawn(front.live.clone().run());
    // Small frames must not wait for each other's acknowledgement.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let service = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(service);
    let closing = {
        let stop = stop.clone();
        async move {
            stop.cancelled().await;
            // A waiting long poll would hold the server until its next ping.
            io.close().await;
        }
    };
    let serving = async { axum::serve(listener, service).with_graceful_shutdown(closing).await };
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_LIMIT).await;
    };
    let outcome = tokio::select! {
        outcome = serving => outcome,
        () = deadline => Ok(()),
    };
    stop.cancel();
    front.live.closed().await;
    let _ = renderer.await;
    outcome
}

/// All routes with the layers that need no socket.
fn router(front: &Front) -> Router {
    let (router, document) = routes::all(front);
    let router = router.merge(openapi::pages(document)).merge(routes::pages(front));
    router
        .fallback(routes::not_found)
        .method_not_allowed_fallback(routes::not_found)
        .layer(CompressionLayer::new().gzip(true))
        .with_state(front.clone())
}

/// A slash at the end is optional everywhere, without a redirect (contract D15).
fn without_trailing_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    let kept = path.starts_with("/socket.io") || path.starts_with("/api/docs") || !path.ends_with('/') || path == "/";
    if kept {
        return request;
    }
    let trimmed = path.trim_end_matches('/');
    let trimmed = if trimmed.is_empty() { "/" } else { trimmed };
    let target = match request.uri().query() {
        Some(query) => format!("{trimmed}?{query}"),
        None => trimmed.to_owned(),
    };
    if let Ok(uri) = target.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    request
}
