//! What stands around every request.

pub(crate) mod edge;
pub(crate) mod headers;
pub(crate) mod limiter;
pub(crate) mod signed_in;
