//! What Microsoft's own libraries cannot talk to is no simulator.

use super::{CLIENT, JANE, ME, ROBIN, SECRET, Scene, TENANT};
use hub_simulators::teams::{Consent, TeamsOptions};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn msal_signs_in_and_the_graph_sdk_works() {
    let Ok(python) = std::env::var("HUB_SDK_PYTHON") else {
        assert!(
            std::env::var("HUB_TEST_REQUIRE_ALL").is_err(),
            "HUB_SDK_PYTHON is not set, but everything is required"
        );
        return eprintln!("not run: HUB_SDK_PYTHON is not set");
    };
    // MSAL takes no addresses but https; the script leads all of them here.
    let public_url = Some("https://graph.microsoft.com".to_owned());
    let scene = Scene::with(TeamsOptions { public_url, ..TeamsOptions::default() }).await;
    scene.platform.consent(Consent::Accept, Some(ME));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/teams_client.py");
    let run = tokio::process::Command::new(python)
        .arg(script)
        .args([scene.platform.base_url(), CLIENT, SECRET, TENANT, ME, ROBIN, JANE])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = tokio::time::timeout(Duration::from_secs(90), run).await.expect("in time").expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
    assert!(out.contains("checks passed"), "{out}\n{err}");
}
