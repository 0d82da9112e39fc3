//! Log-out.

use super::tokens;
use crate::{App, Result};

/// Revokes a refresh token. An unknown one is fine.
pub async fn logout(app: &App, token: &str) -> Result<()> {
    let tx = app.store().begin().await?;
    tx.refresh_tokens().revoke(&[token, &tokens::hashed(token)], app.now()).await?;
    app.commit(tx, Vec::new()).await
}
