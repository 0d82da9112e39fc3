//! `getFile`, and the links it leads to.

use super::answer::{Outcome, Refusal, envelope};
use super::handle::Shared;
use super::params::{Params, Upload};
use super::world::{Bot, File};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Largest file that can be fetched, in bytes.
const MAX_DOWNLOAD: u64 = 20 * 1024 * 1024;

/// Keeps an upload; gives what messages say of it.
pub(super) fn keep(bot: &mut Bot, folder: &str, upload: &Upload) -> Value {
    let number = bot.files.len() + 1;
    let id = format!("BQACAgQAAx{folder}{number:08}");
    let size = upload.bytes.len() as u64;
    let extension = upload.name.rsplit_once('.').map_or("bin", |(_, extension)| extension);
    let path = format!("{folder}s/file_{number}.{extension}");
    bot.files.insert(id.clone(), File { path, bytes: upload.bytes.clone(), size });
    json!({"file_id": id, "file_unique_id": format!("AgAD{number:08}"), "file_size": size})
}

pub(super) fn get_file(shared: &Shared, token: &str, params: &Params) -> Outcome {
    let world = shared.world();
    let bot = world.bots.get(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    let id = params.text("file_id").unwrap_or_default();
    let file = bot
        .files
        .get(&id)
        .ok_or_else(|| Refusal::bad_request("wrong file_id or the file is temporarily unavailable"))?;
    if file.size > MAX_DOWNLOAD {
        return Err(Refusal::bad_request("file is too big"));
    }
    let unique = format!("u{}", &id[id.len().saturating_sub(12)..]);
    Ok(json!({"file_id": id, "file_unique_id": unique, "file_size": file.size, "file_path": file.path}))
}

pub(super) async fn download(State(shared): State<Shared>, Path((bot, path)): Path<(String, String)>) -> Response {
    let token = bot.strip_prefix("bot").unwrap_or_default();
    let found = {
        let world = shared.world();
        let bot = world.bots.get(token);
        bot.and_then(|bot| bot.files.values().find(|file| file.path == path)).map(|file| file.bytes.clone())
    };
    match found {
        Some(bytes) => ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response(),
        None => envelope(Err(Refusal::new(404, "Not Found"))),
    }
}
