//! The HTTP side: which call is answered by what, versions, faults, the log, and `/_sim/` for whoever runs it.

use super::call::{Call, MAX_BODY, Surface};
use super::error::{Outcome, RestError};
use super::faults::{Fault, cut};
use super::handle::Platform;
use super::log::LoggedRequest;
use super::state::MAX_KEPT;
use super::{control, control_acts, deliver, versions};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

/// Names an answer, so that it can be asked about.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-li-uuid");

/// Serves the platform on a listener until it is stopped.
pub(super) fn serve(listener: TcpListener, platform: &Platform) {
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let router = Router::new()
        .merge(control::routes())
        .merge(control_acts::routes())
        .fallback(entry)
        .with_state(platform.clone())
        .layer(DefaultBodyLimit::max(MAX_BODY));
    platform.tasks().spawn(deliver::run(platform.clone()));
    let stopped = platform.clone();
    platform.tasks().spawn(async move {
        let serving = async { axum::serve(listener, router).await };
        tokio::select! {
            outcome = serving => if let Err(error) = outcome { tracing::error!(%error, "the simulator stopped") },
            () = stopped.stopped() => {}
        }
    });
}

async fn entry(State(platform): State<Platform>, request: Request) -> Response {
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(error) => return error.into_response(),
    };
    let (place, fault) = {
        let mut state = platform.state();
        if state.log.len() >= MAX_KEPT {
            state.log.clear();
        }
        state.log.push(LoggedRequest::of(&call));
        let fault = state.take_fault(call.endpoint(), &call.action());
        (state.log.len() - 1, fault)
    };
    platform.note_change();
    let mut response = if let Some(instead) = fault.as_ref().and_then(Fault::instead) {
        instead
    } else {
        if let Some(Fault::Hang(wait)) = fault {
            tokio::time::sleep(wait).await;
        }
        let done = dispatch(&platform, &call);
        if fault == Some(Fault::CutAfter) { cut() } else { done }
    };
    if let Ok(id) = HeaderValue::from_str(&call.id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let was_cut = matches!(fault, Some(Fault::CutAfter | Fault::CutBefore));
    if let Some(logged) = platform.state().log.get_mut(place) {
        logged.status = (!was_cut).then(|| response.status().as_u16());
    }
    platform.note_change();
    response
}

fn dispatch(platform: &Platform, call: &Call) -> Response {
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match call.surface {
        Surface::OAuth => match (path.as_slice(), &call.method) {
            (["authorization"], _) => platform.authorization(call),
            (["accessToken"], &Method::POST) => platform.access_token(call),
            (["introspectToken"], &Method::POST) => platform.introspect(call),
            _ => StatusCode::NOT_FOUND.into_response(),
        },
        Surface::V2 => answer(unversioned(platform, call, &path)),
        Surface::Rest => answer(versioned(platform, call, &path)),
        Surface::Other if path.starts_with(&["dms", "image", "v2"]) => {
            platform.image_bytes(call, path.get(3).copied().unwrap_or_default())
        }
        Surface::Other if path.starts_with(&["dms", "image"]) => platform.picture(call),
        Surface::Other => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(outcome: Outcome) -> Response {
    outcome.unwrap_or_else(IntoResponse::into_response)
}

fn unversioned(platform: &Platform, call: &Call, path: &[&str]) -> Outcome {
    match path {
        ["userinfo"] => platform.userinfo(call),
        ["messages"] => platform.messages(call),
        _ => Err(unknown(call)),
    }
}

fn versioned(platform: &Platform, call: &Call, path: &[&str]) -> Outcome {
    {
        let state = platform.state();
        versions::check(call.version.as_deref(), call.endpoint(), state.versions.as_deref(), state.now_ms())?;
    }
    let reads = call.method == Method::GET;
    match path {
        ["organizationAcls"] if reads => platform.organization_acls(call),
        ["organizations", id] if reads => platform.organization(call, id),
        ["people", key] if reads => platform.person(call, key),
        ["images", key] if reads => platform.image(call, key),
        ["posts"] => platform.posts(call, None),
        ["posts", key] if reads => platform.posts(call, Some(key)),
        ["socialActions", on, "comments"] => platform.comments(call, on, None),
        ["socialActions", on, "comments", id] => platform.comments(call, on, Some(id)),
        ["eventSubscriptions"] if reads => platform.subscription(call, None),
        ["eventSubscriptions", key] => platform.subscription(call, Some(key)),
        ["organizationalEntityNotifications"] if reads => platform.notifications(call),
        ["memberChangeLogs"] if reads => platform.changelog(call),
        ["memberSnapshotData"] if reads => platform.snapshot(call),
        _ => Err(unknown(call)),
    }
}

/// No such resource.
fn unknown(call: &Call) -> RestError {
    let words = format!("No virtual resource found: /{}", call.segments.join("/"));
    RestError::coded(404, 0, "RESOURCE_NOT_FOUND", words)
}
