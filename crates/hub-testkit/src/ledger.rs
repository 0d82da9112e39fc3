//! Whether a hub lost something or counted something twice, whatever was done to it.

use crate::Client;
use reqwest::StatusCode;

/// Fails with the whole ledger when a sum does not come out. May be asked at any moment, also while messages come and go; the
/// client is signed in.
pub async fn ledger_balances(client: &Client) {
    let (status, ledger) = client.get("/api/health/ledger").await;
    assert_eq!(status, StatusCode::OK, "{ledger}");
    assert_eq!(ledger["balanced"], true, "something was lost or counted twice: {ledger}");
}
