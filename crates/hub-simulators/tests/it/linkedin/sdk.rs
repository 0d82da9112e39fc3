//! What LinkedIn's own client cannot talk to is no simulator.

use super::{ADA, ADMIN, CLIENT, PAGE, SECRET, Scene};
use hub_simulators::linkedin::{App, DialogMode};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn linkedins_client_logs_in_reads_and_answers() {
    let Ok(python) = std::env::var("HUB_SDK_PYTHON") else {
        assert!(
            std::env::var("HUB_TEST_REQUIRE_ALL").is_err(),
            "HUB_SDK_PYTHON is not set, but everything is required"
        );
        return eprintln!("not run: HUB_SDK_PYTHON is not set");
    };
    let scene = Scene::new().await;
    scene.platform.create_app(App { refresh_tokens: true, ..App::new(CLIENT, SECRET) });
    scene.platform.dialog_mode(DialogMode::Accept, Some(ADMIN));
    scene.platform.register_webhook(CLIENT, &scene.receiver.url).await.unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/linkedin_client.py");
    let run = tokio::process::Command::new(python)
        .arg(script)
        .args([scene.platform.base_url(), CLIENT, SECRET, PAGE, ADMIN, ADA, &scene.receiver.url])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = tokio::time::timeout(Duration::from_secs(90), run).await.expect("in time").expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
    assert!(out.contains("checks passed"), "{out}\n{err}");
}
