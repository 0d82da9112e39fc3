//! Builds the house from the configuration.

use crate::config::Config;
use anyhow::Context;
use hub_app::{App, Bus, Parts, SystemClock};
use hub_platform_kit::Registry;
use hub_platform_kit::transport::Transport;
use hub_store::Store;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Opens the database and brings it up to date.
pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let settings = config.store();
    let store = Store::connect(&settings).await.context("the database cannot be opened")?;
    let report = store.migrate().await.context("the database cannot be brought up to date")?;
    if !report.applied.is_empty() {
        tracing::info!(engine = %store.engine(), applied = ?report.applied, "database brought up to date");
    }
    Ok(store)
}

/// All platforms.
pub(crate) fn platforms(config: &Config) -> anyhow::Result<Registry> {
    let transport = Transport::with_limit(config.platform_timeout()).context("the HTTP client cannot be made")?;
    Registry::new(hub_platforms::all(&config.platforms(), transport)).map_err(anyhow::Error::msg)
}

/// Everything but the doors. `stop` ends the link to the other processes.
pub(crate) async fn build(config: &Config, stop: &CancellationToken) -> anyhow::Result<App> {
    let store = open_store(config).await?;
    let bus = match config.redis_url() {
        Some(url) => Bus::redis(&url, config.redis_authority()?, stop.clone())?,
        None => Bus::local(),
    };
    let platforms = platforms(config)?;
    let parts = Parts { store, bus, platforms, clock: Arc::new(SystemClock), settings: config.settings()? };
    App::new(parts).map_err(anyhow::Error::msg)
}
