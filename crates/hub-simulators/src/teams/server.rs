//! The HTTP side: budgets, faults, the log, and every endpoint.

use super::call::{Call, LoggedRequest};
use super::endpoint::Endpoint;
use super::faults::{Fault, cut, slowed};
use super::handle::Shared;
use super::notices::deliver;
use super::problem::{Outcome, Problem, answer};
use super::world::{MAX_KEPT, World};
use super::{control, control_acts};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use axum::serve::ListenerExt;
use serde_json::json;
use tokio::net::TcpListener;

pub(super) fn serve(listener: TcpListener, shared: &Shared) {
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let stop = shared.stop.clone();
    let router =
        Router::new().merge(control::routes()).merge(control_acts::routes()).fallback(entry).with_state(shared.clone());
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
    let endpoint = Endpoint::of(&call);
    let (place, fault) = {
        let mut world = shared.world();
        if world.log.len() >= MAX_KEPT {
            world.log.clear();
        }
        world.log.push(LoggedRequest::of(&call, endpoint));
        (world.log.len() - 1, world.take_fault(endpoint))
    };
    let mut response = if let Some(instead) = fault.as_ref().and_then(|fault| fault.instead(endpoint)) {
        instead
    } else {
        if let Some(Fault::Hang(wait)) = fault {
            tokio::time::sleep(wait).await;
        }
        let refused = shared.world().count(endpoint, &call);
        let done = match refused {
            Some(problem) => answer(Err(problem)),
            None => dispatch(&shared, &call).await,
        };
        match fault {
            Some(Fault::CutAfter) => cut(),
            Some(Fault::Slow(wait)) => slowed(done, wait),
            _ => done,
        }
    };
    let was_cut = matches!(fault, Some(Fault::CutAfter | Fault::CutBefore));
    if let Some(logged) = shared.world().log.get_mut(place) {
        logged.status = (!was_cut).then(|| response.status().as_u16());
    }
    name_request(&mut response, &call);
    shared.changed.notify_one();
    response
}

/// The headers that support asks for.
fn name_request(response: &mut Response, call: &Call) {
    let id = uuid::Uuid::new_v4().to_string();
    let client = call.client_request_id.clone().unwrap_or_else(|| id.clone());
    for (name, value) in [("request-id", id), ("client-request-id", client)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
}

async fn dispatch(shared: &Shared, call: &Call) -> Response {
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (&call.method, path.as_slice()) {
        (&Method::GET | &Method::POST, [tenant, "oauth2", "v2.0", "authorize"]) => {
            shared.world().authorize(tenant, call)
        }
        (&Method::POST, ["v1.0", "subscriptions"]) => answer(shared.subscribe(call).await),
        (
            &Method::GET,
            ["v1.0", "me" | "users", .., "photo"]
            | ["v1.0", "me" | "users", .., "photo" | "photos", _]
            | ["v1.0", "me" | "users", .., "photos", _, "$value"],
        ) if !path.contains(&"chats") => shared.world().photo(call),
        (_, ["v1.0", rest @ ..]) => graph(shared, call, rest),
        (method, _) => answer(login(&mut shared.world(), call, method, &path)),
    }
}

/// Graph, below its version.
fn graph(shared: &Shared, call: &Call, path: &[&str]) -> Response {
    let mut world = shared.world();
    let chats = match path {
        ["me", "chats", rest @ ..] | ["chats", rest @ ..] => Some(rest),
        ["users", user, "chats", rest @ ..] => match world.person(call, super::access::BASIC) {
            Ok(me) if me.user == *user => Some(rest),
            Ok(_) => return answer(Err(Problem::forbidden("The user is not the one who calls."))),
            Err(problem) => return answer(Err(problem)),
        },
        _ => None,
    };
    if let (Some([chat, "messages", message, "hostedContents", id, "$value"]), &Method::GET) = (chats, &call.method) {
        return world.hosted_bytes(call, chat, message, id);
    }
    answer(match chats {
        Some(rest) => chat_calls(&mut world, call, rest),
        None => other_calls(&mut world, call, path),
    })
}

/// Below `/chats`.
fn chat_calls(world: &mut World, call: &Call, path: &[&str]) -> Outcome {
    match (call.method.as_str(), path) {
        ("GET", []) => world.list_chats(call),
        ("POST", []) => world.create_chat(call),
        ("GET", ["getAllMessages", ..]) => Err(Problem::forbidden("Only applications read across chats.")),
        ("GET", [chat]) => world.one_chat(call, chat),
        ("GET", [chat, "members"]) => world.list_members(call, chat),
        ("POST", [chat, "markChatReadForUser"]) => world.mark_read(call, chat, false),
        ("POST", [chat, "markChatUnreadForUser"]) => world.mark_read(call, chat, true),
        ("GET", [chat, "messages"]) => world.list_messages(call, chat),
        ("POST", [chat, "messages"]) => world.send(call, chat),
        ("POST", [chat, "messages", "replyWithQuote"]) => world.reply_with_quote(call, chat),
        ("GET", [chat, "messages", id]) => world.one_message(call, chat, id),
        ("PATCH", [chat, "messages", id]) => world.edit(call, chat, id),
        ("POST", [chat, "messages", id, "softDelete"]) => world.delete(call, chat, id, false),
        ("POST", [chat, "messages", id, "undoSoftDelete"]) => world.delete(call, chat, id, true),
        ("POST", [chat, "messages", id, "setReaction"]) => world.react(call, chat, id, true),
        ("POST", [chat, "messages", id, "unsetReaction"]) => world.react(call, chat, id, false),
        ("GET", [chat, "messages", id, "hostedContents"]) => world.list_hosted(call, chat, id),
        _ => Err(no_segment(path.last())),
    }
}

fn other_calls(world: &mut World, call: &Call, path: &[&str]) -> Outcome {
    match (call.method.as_str(), path) {
        ("GET", ["me"]) => world.me(call),
        ("GET", ["users", id]) => world.other_user(call, id),
        ("GET", ["subscriptions"]) => world.list_subscriptions(call),
        ("GET", ["subscriptions", id]) => world.one_subscription(call, id),
        ("PATCH", ["subscriptions", id]) => world.renew(call, id),
        ("DELETE", ["subscriptions", id]) => world.delete_subscription(call, id),
        ("POST", ["subscriptions", id, "reauthorize"]) => world.reauthorize(call, id),
        _ => Err(no_segment(path.last())),
    }
}

/// The sign-in, below its host.
fn login(world: &mut World, call: &Call, method: &Method, path: &[&str]) -> Outcome {
    match (method.as_str(), path) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => world.token(tenant, call),
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => world.configuration(tenant, true),
        ("GET", [tenant, ".well-known", "openid-configuration"]) => world.configuration(tenant, false),
        ("GET", [_, "discovery", "keys"] | [_, "discovery", "v2.0", "keys"]) => Ok((200, world.keys.shown())),
        ("GET", ["common", "discovery", "instance"]) => Ok((200, world.instance(call))),
        _ => Ok((404, json!({"error": "not_found"}))),
    }
}

fn no_segment(last: Option<&&str>) -> Problem {
    let words = format!("Resource not found for the segment '{}'.", last.copied().unwrap_or_default());
    Problem::bad_request(&words)
}
