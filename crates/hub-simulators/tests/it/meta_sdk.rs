//! What real clients of Meta's platforms cannot talk to is no simulator.

use crate::meta_support::{APP, SECRET, VERIFY};
use hub_simulators::facebook::{self, FacebookOptions, Page};
use hub_simulators::instagram::{self, InstagramOptions};
use hub_simulators::meta::{App, DialogMode};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

const OWNER: &str = "1207059";
const PAGE: &str = "682498302938465";
const ACCOUNT: &str = "17841405822304914";
const WAIT: Duration = Duration::from_mins(2);

/// Runs a script; `None`, said out loud, where there is no Python with the clients.
async fn run(script: &str, args: &[&str]) -> Option<String> {
    let Ok(python) = std::env::var("HUB_SDK_PYTHON") else {
        assert!(
            std::env::var("HUB_TEST_REQUIRE_ALL").is_err(),
            "HUB_SDK_PYTHON is not set, but everything is required"
        );
        eprintln!("not run: HUB_SDK_PYTHON is not set");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk").join(script);
    let run =
        tokio::process::Command::new(python).arg(script).args(args).stdin(Stdio::null()).kill_on_drop(true).output();
    let done = tokio::time::timeout(WAIT, run).await.expect("in time").expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
    assert!(out.contains("checks passed"), "{out}\n{err}");
    Some(out.into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metas_own_sdk_and_a_messenger_client_work_against_facebook() {
    let options = FacebookOptions { retry_unit: Duration::from_millis(20), ..FacebookOptions::default() };
    let platform = facebook::start(options).await.expect("starts");
    platform.meta().create_app(App { require_proof: true, ..App::new(APP, SECRET) });
    platform.create_page(OWNER, Page::new(PAGE, "Cisco Dog Page").with_instagram(ACCOUNT, "cisco.dog.shop"));
    platform.create_page(OWNER, Page::new("100841475479486", "Second Page"));
    platform.meta().dialog_mode(DialogMode::Accept, Some(OWNER));
    let base = platform.graph_base_url();
    if run("facebook_client.py", &[base, APP, SECRET, VERIFY]).await.is_some() {
        let requests = platform.meta().requests();
        assert!(requests.iter().any(|request| request.proof && request.endpoint == "messages"), "proofs came along");
        assert!(!platform.inboxes().sent(PAGE).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_the_instagram_platform_works_against_instagram() {
    let options = InstagramOptions { retry_unit: Duration::from_millis(20), ..InstagramOptions::default() };
    let platform = instagram::start(options).await.expect("starts");
    platform.meta().create_app(App::new(APP, SECRET));
    platform.create_account(ACCOUNT, "cisco.dog.shop");
    platform.meta().dialog_mode(DialogMode::Accept, Some(ACCOUNT));
    let base = platform.graph_base_url();
    if run("instagram_client.py", &[base, APP, SECRET, ACCOUNT]).await.is_some() {
        assert!(!platform.inboxes().sent(ACCOUNT).is_empty());
    }
}
