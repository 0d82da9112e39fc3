//! What tests build on: a clock they move, fresh databases of both engines, the hub as a process, and a client that speaks
//! the API as a program would. Test code only: it panics with words instead of handling errors.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stderr, clippy::missing_panics_doc)]
#![allow(clippy::disallowed_methods, reason = "tests read the environment and the time")]

pub mod client;
pub mod clock;
pub mod conformance;
pub mod database;
pub mod expect;
pub mod ledger;
pub mod ports;
pub mod process;
pub mod prove;
pub mod proxy;
pub mod pushes;
pub mod recorded;

pub use client::Client;
pub use clock::TestClock;
pub use database::{Database, Engine};
pub use ledger::ledger_balances;
pub use ports::free_port;
pub use process::HubProcess;
pub use proxy::Proxy;
pub use pushes::Pushes;

use std::fmt::Debug;
use std::time::Duration;

/// The longest a test waits for something that must happen.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Looks until `probe` finds something; panics with `what` when patience ends. Polls because the thing under test is
/// another process or task; it never waits longer than needed.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, probe: impl FnMut() -> F) -> T {
    eventually_within(PATIENCE, what, probe).await
}

/// The same, where what was seen instead is told when patience ends.
pub async fn eventually_seen<T, S: Debug, F: Future<Output = Result<T, S>>>(what: &str, probe: impl FnMut() -> F) -> T {
    let found = within(PATIENCE, probe).await;
    found.unwrap_or_else(|seen| panic!("in vain: {what}; at last there was {seen:?}"))
}

/// The same with a patience of one's own, for what a time limit of the hub decides.
pub async fn eventually_within<T, F: Future<Output = Option<T>>>(
    patience: Duration,
    what: &str,
    mut probe: impl FnMut() -> F,
) -> T {
    let look = || {
        let found = probe();
        async move { found.await.ok_or(()) }
    };
    within(patience, look).await.unwrap_or_else(|()| panic!("in vain: {what}"))
}

async fn within<T, S, F: Future<Output = Result<T, S>>>(
    patience: Duration,
    mut probe: impl FnMut() -> F,
) -> Result<T, S> {
    let end = tokio::time::Instant::now() + patience;
    loop {
        let found = probe().await;
        if found.is_ok() || tokio::time::Instant::now() >= end {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
