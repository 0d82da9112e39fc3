//! The books as an operator reads them: one page per published platform.

use crate::inbox::parked::published_name;
use crate::{App, Result};
use hub_domain::Book;
use std::collections::BTreeMap;

/// The books of every platform that was ever heard of or written to.
pub async fn books(app: &App) -> Result<BTreeMap<String, Book>> {
    let mut published: BTreeMap<String, Book> = BTreeMap::new();
    for (platform, book) in app.store().read().ledger().books().await? {
        published.entry(published_name(app, &platform).to_owned()).or_default().add_all(&book);
    }
    Ok(published)
}
