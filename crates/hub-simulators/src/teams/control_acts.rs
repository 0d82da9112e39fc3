//! `/_sim/act` and `/_sim/subscription`: what people do, and what becomes of subscriptions, over HTTP.

use super::chats::model::{Draft, Message, Sender};
use super::control::{Told, text, wrong};
use super::handle::Shared;
use super::notices::forge::Forgery;
use super::world::World;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Items that are repeated unasked.
const REPEATED: u64 = 1;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/_sim/act", post(act)).route("/_sim/subscription", post(subscription))
}

/// `kind`: say, html, file, picture, mention, answer, edit, delete, undo, react, unreact, rename, join, leave, call, event, forge,
/// repeat; with `chat`, or `from` and `to` for the chat of two people; `message` names one by its id. Tells `chat` and `id`.
async fn act(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let told = shared.act(|world| {
        let chat = match body["chat"].as_str() {
            Some(chat) => chat.to_owned(),
            None if body["to"].is_string() => world.direct(text(&body, "from"), text(&body, "to")),
            None => String::new(),
        };
        deed(world, &chat, &body)
    });
    told.map_or_else(|| wrong("no such deed, chat or message"), |told| Ok(Json(told)))
}

fn deed(world: &mut World, chat: &str, body: &Value) -> Option<Value> {
    let (from, words) = (text(body, "from"), text(body, "text"));
    let id = body["message"].as_i64().or_else(|| text(body, "message").parse().ok());
    let sender = || Sender::User(from.to_owned());
    let at_ms = body["at_ms"].as_i64();
    let told = |message: Message| json!({"chat": message.chat, "id": message.id.to_string()});
    let done = |done: bool| json!({"chat": chat, "done": done});
    Some(match text(body, "kind") {
        "say" => told(world.write(chat, sender(), Draft { at_ms, ..Draft::text(words) })?),
        "html" => told(world.write(chat, sender(), Draft { at_ms, ..Draft::html(words) })?),
        "file" => told(world.attach_file(chat, from, words, text(body, "name"), text(body, "url"))?),
        "picture" => {
            let bytes = STANDARD.decode(text(body, "bytes")).ok()?;
            told(world.attach_picture(chat, from, words, text(body, "content_type"), bytes.into())?)
        }
        "mention" => told(world.mention(chat, from, text(body, "whom"), words)?),
        "answer" => told(world.answer(chat, from, id?, words)?),
        "edit" => done(world.rewrite(chat, id?, body["html"].as_bool().unwrap_or_default(), words)),
        kind @ ("delete" | "undo") => done(world.vanish(chat, id?, kind == "undo")),
        kind @ ("react" | "unreact") => done(world.toggle(chat, id?, from, text(body, "reaction"), kind == "react")),
        "rename" => told(world.rename(chat, from, text(body, "topic"))?),
        "join" => told(world.join(chat, from, text(body, "whom"))?),
        "leave" => told(world.leave(chat, from, text(body, "whom"))?),
        "call" => told(world.call_starts(chat, from)?),
        "event" => told(world.happen(chat, body["detail"].clone())?),
        "forge" => {
            let forgery = Forgery::named(text(body, "forgery"))?;
            json!({"chat": chat, "told": world.forge(chat, id, forgery)})
        }
        "repeat" => {
            let count = usize::try_from(body["count"].as_u64().unwrap_or(REPEATED)).ok()?;
            json!({"repeated": world.repeat(count)})
        }
        _ => return None,
    })
}

/// `id` and `kind`: reauthorize, remove, kill, or event with `event`.
async fn subscription(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let id = text(&body, "id");
    let done = shared.act(|world| match text(&body, "kind") {
        "reauthorize" => world.ask_reauthorization(id),
        "remove" => world.remove_subscription(id),
        "kill" => world.kill_subscription(id),
        "event" => {
            let found = world.subscriptions.iter().find(|one| one.id == id).cloned();
            found.inspect(|one| world.tell_lifecycle(one, text(&body, "event"))).is_some()
        }
        _ => false,
    });
    if done { Ok(Json(json!({}))) } else { wrong("no such subscription or kind") }
}
