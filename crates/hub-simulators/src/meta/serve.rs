//! The HTTP side: shared endpoints, the platform's own, faults, usage headers, the log, and `/_sim/` for whoever runs it.

use super::call::MAX_BODY;
use super::error::answer;
use super::faults::cut;
use super::log::LoggedRequest;
use super::state::MAX_KEPT;
use super::{Call, Fault, Login, Meta, control, deliver, media};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use std::future::Future;
use tokio::net::TcpListener;

/// A platform's own half.
pub(crate) trait Platform: Clone + Send + Sync + 'static {
    /// The shared half.
    fn meta(&self) -> &Meta;
    /// Answers a call that is none of the shared ones.
    fn call(&self, call: Call) -> impl Future<Output = Response> + Send;
}

/// Serves a platform on a listener until it is stopped; `control` are its own routes under `/_sim/`.
pub(crate) fn serve<P: Platform>(listener: TcpListener, platform: P, control: Router<P>) {
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let meta = platform.meta().clone();
    let shared = Router::new()
        .route("/media/{id}/{name}", get(media::download))
        .merge(control::routes())
        .with_state(meta.clone());
    let router = Router::new().merge(control).fallback(entry::<P>).with_state(platform).merge(shared);
    // The limit is the platform's; the framework's own is lower than its uploads.
    let router = router.layer(DefaultBodyLimit::max(MAX_BODY));
    meta.tasks().spawn(deliver::run(meta.clone()));
    let tasks = meta.tasks().clone();
    tasks.spawn(async move {
        let serving = async { axum::serve(listener, router).await };
        tokio::select! {
            outcome = serving => if let Err(error) = outcome { tracing::error!(%error, "the simulator stopped") },
            () = meta.stopped() => {}
        }
    });
}

async fn entry<P: Platform>(State(platform): State<P>, request: Request) -> Response {
    let meta = platform.meta().clone();
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(error) => return answer(Err(error)),
    };
    let (place, fault) = {
        let mut state = meta.state();
        if state.log.len() >= MAX_KEPT {
            state.log.clear();
        }
        let logged = LoggedRequest::of(&call);
        let fault = state.take_fault(&logged.path, call.endpoint());
        state.log.push(logged);
        (state.log.len() - 1, fault)
    };
    meta.note_change();
    let mut response = if let Some(instead) = fault.as_ref().and_then(Fault::instead) {
        instead
    } else {
        if let Some(Fault::Hang(wait)) = fault {
            tokio::time::sleep(wait).await;
        }
        let done = dispatch(&platform, call).await;
        if fault == Some(Fault::CutAfter) { cut() } else { done }
    };
    let was_cut = matches!(fault, Some(Fault::CutAfter | Fault::CutBefore));
    let mut state = meta.state();
    if let Some(logged) = state.log.get_mut(place) {
        logged.status = (!was_cut).then(|| response.status().as_u16());
    }
    for (name, usage) in [("x-app-usage", &state.app_usage), ("x-business-use-case-usage", &state.business_usage)] {
        if let Some(value) = usage.as_ref().and_then(|usage| HeaderValue::from_str(&usage.to_string()).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    drop(state);
    meta.note_change();
    response
}

async fn dispatch<P: Platform>(platform: &P, call: Call) -> Response {
    let meta = platform.meta();
    let segments = call.segments.clone();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    if meta.manners().login == Login::Instagram {
        return match path.as_slice() {
            ["oauth", "authorize"] => meta.dialog(&call),
            [app_id, "subscriptions"] => answer(meta.subscriptions(&call, app_id).await),
            _ => platform.call(call).await,
        };
    }
    match path.as_slice() {
        ["dialog", "oauth"] => meta.dialog(&call),
        ["oauth", "access_token"] => answer(meta.access_token(&call)),
        ["debug_token"] if call.method == Method::GET => answer(meta.debug_token(&call)),
        ["me", "permissions"] => answer(meta.permissions(&call, None)),
        ["me", "permissions", one] => answer(meta.permissions(&call, Some(one))),
        [app_id, "subscriptions"] => answer(meta.subscriptions(&call, app_id).await),
        _ => platform.call(call).await,
    }
}
