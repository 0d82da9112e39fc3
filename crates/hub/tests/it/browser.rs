//! The hub's pages in a real browser, against the demo's consent pages.

use crate::ledger::break_it;
use hub_testkit::database::engines;
use hub_testkit::{Database, HubProcess};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// What the runner sets: the browser, and where its driver was installed.
const NEEDED: [&str; 2] = ["HUB_BROWSER", "HUB_BROWSER_MODULES"];
/// The id of a message that cannot be stored, and so waits for an administrator.
const POISON: &str = "990098";
/// The longest the whole walk may take.
const PATIENCE: Duration = Duration::from_secs(150);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_linked_refused_chosen_and_confirmed_in_a_browser() {
    walk("linking.mjs", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administrators_look_and_act_in_a_browser() {
    walk("admin.mjs", Some(POISON)).await;
}

/// Has a script walk through the demo, whose database may refuse a message.
async fn walk(script: &str, poison: Option<&str>) {
    if let Some(missing) = NEEDED.iter().find(|name| std::env::var(name).is_err()) {
        assert!(std::env::var("HUB_TEST_REQUIRE_ALL").is_err(), "{missing} is not set, but everything is required");
        return eprintln!("not run: {missing} is not set");
    }
    let engine = engines()[0];
    let database = Database::fresh(engine).await;
    let data = database.folder.path().display().to_string();
    let settings =
        [("HUB_DATA_DIR", data.as_str()), ("DATABASE_URL", database.url.as_str()), ("RATE_LIMIT_PER_MINUTE", "100000")];
    let hub = HubProcess::start_as(Path::new(env!("CARGO_BIN_EXE_hub")), "demo", &settings).await;
    if let Some(poison) = poison {
        break_it(&database, poison).await;
    }
    let env = std::fs::read_to_string(database.folder.path().join("demo.env")).expect("the demo's file");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(script);
    let run = tokio::process::Command::new("node")
        .arg(script)
        .envs(env.lines().filter_map(|line| line.split_once('=')))
        .env("HUB_URL", &hub.base)
        .env("POISON", POISON)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = tokio::time::timeout(PATIENCE, run).await.expect("in time").expect("node runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && out.contains("checks passed"), "{out}\n{err}");
}
