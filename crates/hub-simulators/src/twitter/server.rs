//! The HTTP side: budgets, spending, faults, the log, and every endpoint.

use super::call::{Call, LoggedRequest, MAX_BODY};
use super::faults::{Fault, cut};
use super::handle::Shared;
use super::limits::Bucket;
use super::problem::{Outcome, Problem, answer};
use super::world::MAX_KEPT;
use super::{control, deliver, ids, people};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

pub(super) fn serve(listener: TcpListener, shared: &Shared) {
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let stop = shared.stop.clone();
    let router = Router::new()
        .merge(control::routes())
        .fallback(entry)
        .with_state(shared.clone())
        // The limit is the platform's; the framework's own is lower than its uploads.
        .layer(DefaultBodyLimit::max(MAX_BODY));
    shared.tasks.spawn(deliver::run(shared.clone()));
    shared.tasks.spawn(async move {
        let serving = async { axum::serve(listener, router).await };
        tokio::select! {
            outcome = serving => if let Err(error) = outcome { tracing::error!(%error, "the simulator stopped") },
            () = stop.cancelled() => {}
        }
    });
}

async fn entry(State(shared): State<Shared>, request: Request) -> Response {
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(problem) => return answer(Err(problem)),
    };
    let bucket = Bucket::of(&call);
    let (place, fault, now) = {
        let mut world = shared.world();
        if world.log.len() >= MAX_KEPT {
            world.log.clear();
        }
        world.log.push(LoggedRequest::of(&call, bucket));
        (world.log.len() - 1, world.take_fault(bucket.name()), world.now())
    };
    let response = if let Some(instead) = fault.as_ref().and_then(|fault| fault.instead(now)) {
        instead
    } else {
        if let Some(Fault::Hang(wait)) = fault {
            tokio::time::sleep(wait).await;
        }
        let done = guarded(&shared, &call, bucket).await;
        if fault == Some(Fault::CutAfter) { cut() } else { done }
    };
    let was_cut = matches!(fault, Some(Fault::CutAfter | Fault::CutBefore));
    if let Some(logged) = shared.world().log.get_mut(place) {
        logged.status = (!was_cut).then(|| response.status().as_u16());
    }
    shared.changed.notify_one();
    response
}

/// Counts the call before it is done.
async fn guarded(shared: &Shared, call: &Call, bucket: Bucket) -> Response {
    let (refusal, headers) = {
        let mut world = shared.world();
        let (may, headers) = match world.caller(call) {
            Some((app, user)) => world.spend(bucket, &app, user.as_deref()),
            None => (true, HeaderMap::new()),
        };
        let unpaid = call.bearer().and_then(|_| world.spending.refusal(bucket));
        (if may { unpaid } else { Some(Problem::too_many(world.legacy_429)) }, headers)
    };
    let mut response = match refusal {
        Some(problem) => answer(Err(problem)),
        None => dispatch(shared, call).await,
    };
    response.headers_mut().extend(headers);
    response
}

async fn dispatch(shared: &Shared, call: &Call) -> Response {
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (&call.method, path.as_slice()) {
        (&Method::GET | &Method::POST, ["i" | "2", "oauth2", "authorize"]) => shared.world().authorize(call),
        (&Method::GET, ["2", "dm_conversations", "media", dm, media, resource]) => {
            let fetched = shared.world().fetch(call, dm, media, resource);
            fetched.unwrap_or_else(|problem| answer(Err(problem)))
        }
        (&Method::GET, ["profile_images", _, "face.png" | "face_normal.png"]) => people::face(),
        (&Method::POST, ["2", "webhooks"]) => answer(shared.create_hook(call).await),
        (&Method::PUT, ["2", "webhooks", id]) => answer(shared.revalidate(call, id).await),
        _ => answer(api(shared, call, &path)),
    }
}

/// The endpoints that answer at once, with JSON.
fn api(shared: &Shared, call: &Call, path: &[&str]) -> Outcome {
    let mut world = shared.world();
    match (call.method.as_str(), path) {
        ("POST", ["2", "oauth2", "token"]) => world.token(call),
        ("POST", ["2", "oauth2", "revoke"]) => world.revoke(call),
        ("POST", ["oauth2", "token"]) => world.app_token(call),
        ("GET", ["2", "users", "me"]) => world.me(call),
        ("GET", ["2", "users"]) => world.people(call),
        ("POST", ["2", "dm_conversations", "with", to, "messages"]) => world.send_to_person(call, to),
        ("POST", ["2", "dm_conversations", id, "messages"]) => world.send_to_conversation(call, id),
        ("POST", ["2", "dm_conversations"]) => world.create_group(call),
        ("GET", ["2", "dm_events"]) => world.list_events(call, None),
        ("GET", ["2", "dm_events", id]) => world.one_event(call, id),
        ("DELETE", ["2", "dm_events", id]) => world.delete_event(call, id),
        ("GET", ["2", "dm_conversations", "with", other, "dm_events"]) => {
            let me = world.person(call, &[])?.user;
            world.list_events(call, Some(&ids::between(&me, other)))
        }
        ("GET", ["2", "dm_conversations", id, "dm_events"]) => world.list_events(call, Some(id)),
        ("POST", ["2", "media", "upload"]) => world.upload(call),
        ("GET", ["2", "media", "upload"]) => world.upload_state(call),
        ("POST", ["2", "media", "upload", "initialize"]) => world.initialize(call),
        ("POST", ["2", "media", "upload", id, "append"]) => world.append(call, id),
        ("POST", ["2", "media", "upload", id, "finalize"]) => world.finalize(call, id),
        ("GET", ["2", "webhooks"]) => world.list_hooks(call),
        ("POST", ["2", "webhooks", "replay"]) => world.replay(call),
        ("DELETE", ["2", "webhooks", id]) => world.delete_hook(call, id),
        (_, ["2", "account_activity", ..]) => world.account_activity(call),
        (_, ["2", "activity", ..]) => world.activity(call),
        _ => Err(Problem::blank(404, "Not Found", "Not Found")),
    }
}
