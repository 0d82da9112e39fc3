//! The HTTP side: `/bot<token>/<method>`, `/file/bot<token>/<path>`, and `/_sim/` for whoever runs it.

use super::answer::{Outcome, Refusal, envelope};
use super::faults::Fault;
use super::handle::Shared;
use super::params::{MAX_BODY, Params};
use super::{control, deliver, files, polling, sending, webhook_calls};
use crate::raw;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::serve::ListenerExt;
use serde_json::json;
use tokio::net::TcpListener;

pub(super) fn serve(listener: TcpListener, shared: &Shared) {
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let stop = shared.stop.clone();
    let router = Router::new()
        .route("/{bot}/{method}", any(call))
        .route("/file/{bot}/{*path}", get(files::download))
        .merge(control::routes())
        // The limit is the platform's; the framework's own is lower than its uploads.
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared.clone());
    shared.tasks.spawn(async move {
        let serving = async { axum::serve(listener, router).await };
        tokio::select! {
            outcome = serving => if let Err(error) = outcome { tracing::error!(%error, "the simulator stopped") },
            () = stop.cancelled() => {}
        }
    });
}

pub(super) fn create_bot(shared: &Shared, token: &str, username: &str) {
    let mut world = shared.world();
    if world.bots.contains_key(token) {
        return;
    }
    world.create_bot(token, username);
    drop(world);
    shared.tasks.spawn(deliver::run(shared.clone(), token.to_owned()));
}

async fn call(State(shared): State<Shared>, Path((bot, method)): Path<(String, String)>, request: Request) -> Response {
    let Some(token) = bot.strip_prefix("bot").map(str::to_owned) else {
        return envelope(Err(Refusal::new(404, "Not Found")));
    };
    let well_formed = token.split_once(':').is_some_and(|(id, rest)| id.parse::<i64>().is_ok() && !rest.is_empty());
    if !well_formed {
        return envelope(Err(Refusal::new(401, "Unauthorized: invalid token specified")));
    }
    if !shared.world().bots.contains_key(&token) {
        return envelope(Err(Refusal::new(401, "Unauthorized")));
    }
    let method = method.to_ascii_lowercase();
    let fault = shared.world().take_fault(&method);
    let cut_after = fault == Some(Fault::CutAfter);
    match fault {
        Some(Fault::Raw { status, headers, body }) => return raw::answer(status, &headers, body),
        Some(Fault::TooMany { retry_after }) => return envelope(Err(Refusal::too_many(retry_after))),
        Some(Fault::Status(code)) => {
            let words = StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
            return envelope(Err(Refusal::new(code, words)));
        }
        Some(Fault::Refused { code, description }) => return envelope(Err(Refusal::new(code, description))),
        Some(Fault::Html502) => {
            let page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
            return (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response();
        }
        Some(Fault::Garbage) => return "this is no JSON".into_response(),
        Some(Fault::CutBefore) => return cut(),
        Some(Fault::Hang(wait)) => tokio::time::sleep(wait).await,
        Some(Fault::CutAfter) | None => {}
    }
    let outcome = match Params::read(request).await {
        Ok(params) => dispatch(&shared, &token, &method, params).await,
        Err(refusal) => Err(refusal),
    };
    if cut_after { cut() } else { envelope(outcome) }
}

/// A body that breaks off: the client sees a broken line.
fn cut() -> Response {
    let broken = futures_util::stream::once(async { Err::<bytes::Bytes, _>(std::io::Error::other("cut")) });
    let mut response = Response::new(Body::from_stream(broken));
    response.headers_mut().insert(header::CONTENT_LENGTH, header::HeaderValue::from_static("64"));
    response
}

async fn dispatch(shared: &Shared, token: &str, method: &str, params: Params) -> Outcome {
    match method {
        "getme" => {
            let world = shared.world();
            let mut me = world.bots.get(token).map(super::world::Bot::user).unwrap_or_default();
            for flag in ["can_join_groups", "can_connect_to_business"] {
                me[flag] = true.into();
            }
            for flag in ["can_read_all_group_messages", "supports_inline_queries", "has_main_web_app"] {
                me[flag] = false.into();
            }
            Ok(me)
        }
        "setwebhook" => webhook_calls::set(shared, token, &params),
        "deletewebhook" => webhook_calls::delete(shared, token, &params),
        "getwebhookinfo" => webhook_calls::info(shared, token),
        "getupdates" => polling::get_updates(shared, token, &params).await,
        "getfile" => files::get_file(shared, token, &params),
        "getchat" => sending::get_chat(shared, token, &params),
        "editmessagetext" | "editmessagecaption" => sending::edit(shared, token, method, &params),
        "deletemessage" => sending::delete(shared, token, &params),
        "sendchataction" | "setmessagereaction" => sending::acknowledged(shared, token, method, &params),
        "answercallbackquery" | "logout" | "close" | "setmycommands" | "deletemycommands" => {
            sending::noted(shared, token, method, &params)
        }
        "sendmediagroup" => sending::send_group(shared, token, &params),
        _ if sending::is_send(method) => sending::send(shared, token, method, &params),
        _ => Err(Refusal::new(404, "Not Found: method not found")),
    }
    .map(|result| if result.is_null() { json!(true) } else { result })
}
