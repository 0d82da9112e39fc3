//! What the platforms of Meta share: settings of an app, Graph calls, errors, signatures, the shape of deliveries, sign-in.
//! How it all behaves is in `README.md` beside this file.

pub(crate) mod backfill;
pub(crate) mod brake;
pub(crate) mod envelope;
pub(crate) mod errors;
pub(crate) mod files;
pub(crate) mod graph;
pub(crate) mod greet;
pub(crate) mod messaging;
pub(crate) mod oauth;
pub(crate) mod pages;
pub(crate) mod people;
pub(crate) mod sends;
mod settings;
pub(crate) mod signature;
pub(crate) mod subscribed;
pub(crate) mod usage;

pub use settings::{App, DEFAULT_DIALOG_BASE_URL, DEFAULT_GRAPH_BASE_URL, DEFAULT_GRAPH_VERSION};
