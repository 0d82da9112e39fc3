//! The fault run over all platforms: a short one on each engine with every suite, and a long one for whoever asks for it
//! (`cargo xtask prove`).

use crate::conformance::played;
use hub_testkit::Engine;
use hub_testkit::database::{POSTGRES_VARIABLE, REQUIRE_ALL_VARIABLE};
use hub_testkit::prove::{Run, run};
use std::time::Duration;

/// How long things go wrong in the short run.
const SHORT: Duration = Duration::from_secs(12);
const SHORT_SEED: u64 = 20_261_125;
/// What the long run is told by: minutes, seed, engine.
const MINUTES: &str = "HUB_PROVE_MINUTES";
const SEED: &str = "HUB_PROVE_SEED";
const ENGINE: &str = "HUB_PROVE_ENGINE";

async fn prove(engine: Engine, seed: u64, lasts: Duration, harsh: bool) {
    let binary = env!("CARGO_BIN_EXE_hub").into();
    let report = run(Run { binary, engine, seed, lasts, harsh }, played().await).await;
    for finding in &report.findings {
        eprintln!("finding: {finding}");
    }
    eprintln!("{}", report.summary);
    if let Some(log) = &report.log {
        eprintln!("the hub's log: {}", log.display());
    }
    assert!(report.findings.is_empty(), "{}", report.summary);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_nothing_is_lost_or_doubled_on_sqlite() {
    prove(Engine::Sqlite, SHORT_SEED, SHORT, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_nothing_is_lost_or_doubled_on_postgres() {
    if std::env::var(POSTGRES_VARIABLE).is_err() {
        assert!(std::env::var(REQUIRE_ALL_VARIABLE).is_err(), "{POSTGRES_VARIABLE} is not set");
        return eprintln!("not run: {POSTGRES_VARIABLE} is not set");
    }
    prove(Engine::Postgres, SHORT_SEED + 1, SHORT, false).await;
}

/// For `cargo xtask prove`, which says how long, from which seed, and on which engine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "as long as one likes: cargo xtask prove"]
async fn for_as_long_as_asked() {
    let told = |name: &str| std::env::var(name).ok();
    let number = |name: &str, default: u64| told(name).map_or(default, |text| text.parse().expect("a number"));
    let engine = if told(ENGINE).as_deref() == Some("postgres") { Engine::Postgres } else { Engine::Sqlite };
    prove(engine, number(SEED, SHORT_SEED), Duration::from_secs(60 * number(MINUTES, 5).clamp(1, 600)), true).await;
}
