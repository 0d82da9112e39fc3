//! What a real SDK cannot talk to is no simulator.

use hub_simulators::telegram::{TelegramOptions, start};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

const TOKEN: &str = "481000009:AAsdk-tests-token-of-nobody_00000000000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_telegram_bot_works_against_it() {
    let Ok(python) = std::env::var("HUB_SDK_PYTHON") else {
        assert!(
            std::env::var("HUB_TEST_REQUIRE_ALL").is_err(),
            "HUB_SDK_PYTHON is not set, but everything is required"
        );
        return eprintln!("not run: HUB_SDK_PYTHON is not set");
    };
    let options = TelegramOptions { retry_unit: Duration::from_millis(20), ..TelegramOptions::default() };
    let platform = start(options).await.expect("starts");
    platform.create_bot(TOKEN, "sdk_bot");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/telegram_client.py");
    let run = tokio::process::Command::new(python)
        .arg(script)
        .args([platform.base_url(), TOKEN])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = tokio::time::timeout(Duration::from_secs(90), run).await.expect("in time").expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
    assert!(out.contains("checks passed"), "{out}\n{err}");
}
