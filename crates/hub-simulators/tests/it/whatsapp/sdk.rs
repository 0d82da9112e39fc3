//! What a real SDK cannot talk to is no simulator.

use super::{ACCOUNT, APP, LIMIT, NUMBER, SECRET};
use hub_simulators::meta::{App, MetaOptions};
use hub_simulators::whatsapp::{WhatsAppOptions, start};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pywa_works_against_it() {
    let Ok(python) = std::env::var("HUB_SDK_PYTHON") else {
        assert!(
            std::env::var("HUB_TEST_REQUIRE_ALL").is_err(),
            "HUB_SDK_PYTHON is not set, but everything is required"
        );
        return eprintln!("not run: HUB_SDK_PYTHON is not set");
    };
    let meta = MetaOptions { retry_unit: Duration::from_millis(20), ..MetaOptions::default() };
    let platform = start(WhatsAppOptions { meta, ..WhatsAppOptions::default() }).await.expect("starts");
    platform.meta().create_app(App::new(APP, SECRET));
    platform.add_number(ACCOUNT, NUMBER, "15550783881", "Lucky Shrub");
    platform.set_registration(NUMBER, false, None);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/whatsapp_client.py");
    let run = tokio::process::Command::new(python)
        .arg(script)
        .args([platform.base_url(), APP, SECRET, ACCOUNT, NUMBER])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = tokio::time::timeout(LIMIT * 4, run).await.expect("in time").expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
    assert!(out.contains("checks passed"), "{out}\n{err}");
}
