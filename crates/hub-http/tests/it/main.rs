//! The front door with bad and good visitors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, missing_docs)]

mod bad_input;
mod connect_page;
mod debug_routes;
mod headers;
mod openapi;
mod shapes;
mod support;
