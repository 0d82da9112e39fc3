//! What a real client of X cannot talk to is no simulator.

use super::{ADA, BEA, CLIENT, ME, SECRET, Scene};
use hub_simulators::twitter::Consent;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tweepy_logs_in_sends_and_reads() {
    let Ok(python) = std::env::var("HUB_SDK_PYTHON") else {
        assert!(
            std::env::var("HUB_TEST_REQUIRE_ALL").is_err(),
            "HUB_SDK_PYTHON is not set, but everything is required"
        );
        return eprintln!("not run: HUB_SDK_PYTHON is not set");
    };
    let scene = Scene::new().await;
    scene.platform.consent(Consent::Accept, Some(ME));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/twitter_client.py");
    let run = tokio::process::Command::new(python)
        .arg(script)
        .args([scene.platform.base_url(), CLIENT, SECRET, ME, ADA, BEA])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = tokio::time::timeout(Duration::from_secs(90), run).await.expect("in time").expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
    assert!(out.contains("checks passed"), "{out}\n{err}");
}
