//! What a run stands in: lines to the platforms, the hub's process, its database, and a user who does not give up.

use super::line::FaultyLine;
use crate::{Client, Database, Engine, HubProcess};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How often what got no answer is tried again.
pub(super) const TRIES: usize = 200;
/// How long anything may take to come to rest, on a slow machine that does much besides.
pub(super) const REST: Duration = Duration::from_secs(45);
/// Pause between two looks.
pub(super) const LOOK: Duration = Duration::from_millis(300);
/// The hub's log, in the folder of its database.
pub(super) const LOG: &str = "hub.log";

/// Leads an address through a line of its platform's.
pub(super) async fn through(address: &str, line: &mut Option<(String, FaultyLine)>) -> String {
    let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
    let (Some(host), Some(port)) = (url.host_str(), url.port()) else { return address.to_owned() };
    let target = format!("{host}:{port}");
    if line.is_none() {
        *line = Some((target.clone(), FaultyLine::to(target.clone()).await));
    }
    let Some((known, line)) = line else { return address.to_owned() };
    if *known != target {
        return address.to_owned();
    }
    url.set_port(Some(line.address.port())).expect("a port");
    url.as_str().trim_end_matches('/').to_owned()
}

pub(super) async fn start(binary: &Path, settings: &[(String, String)], folder: &Path) -> HubProcess {
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    HubProcess::start_logged(binary, &settings, &folder.join(LOG)).await
}

/// What the dead process held comes free, as it would after a minute. On SQLite a hub that is alone finds out by itself.
pub(super) async fn time_passes(database: &Database, engine: Engine) {
    database.change("UPDATE hub_leases SET until_at = '2020-01-01T00:00:00.000000Z'").await;
    if engine == Engine::Postgres {
        let held = "UPDATE hub_jobs SET lease_until = '2020-01-01T00:00:00.000000Z' WHERE state = 'running'";
        database.change(held).await;
    }
}

/// Looks until it is so, for as long as everything may take; false = it never was.
pub(super) async fn comes(mut so: impl AsyncFnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if so().await {
            return true;
        }
        if begun.elapsed() > REST {
            return false;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Asks for something to be sent until there is an answer; the key makes a repeat harmless. False when it was not taken.
pub(super) async fn ask(user: &Client, conversation: &str, words: &str) -> bool {
    for _ in 0..TRIES {
        let request = user.request(Method::POST, &format!("/api/messages/{conversation}/send"));
        match request.header("Idempotency-Key", words).json(&json!({"content": words})).send().await {
            // The account cannot send: nothing was stored.
            Ok(answer) if answer.status() == StatusCode::CONFLICT => return false,
            // Stored, whatever the platform says: what became of it is read in the end.
            Ok(answer) if answer.status() != StatusCode::SERVICE_UNAVAILABLE => return true,
            Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("{words:?} is never answered");
}
