//! Logs go to standard error: plain lines for people, JSON for machines (`LOG_FORMAT=json`).

use crate::config::environment;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// What is logged without `RUST_LOG`.
const DEFAULT_FILTER: &str = "info,sqlx=warn,sea_orm=warn,socketioxide=warn,engineioxide=warn,hyper=warn";

/// Starts logging.
pub(crate) fn start() {
    let filter = environment("RUST_LOG").unwrap_or_else(|| DEFAULT_FILTER.to_owned());
    let filter = EnvFilter::try_new(&filter).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    // Colours are for eyes; a file that is searched must not be full of them.
    let coloured = std::io::stderr().is_terminal() && environment("NO_COLOR").is_none();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(coloured);
    let builder = builder.with_target(false);
    if environment("LOG_FORMAT").as_deref() == Some("json") {
        builder.json().init();
    } else {
        builder.init();
    }
}
