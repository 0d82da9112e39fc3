//! What the tests of all platforms share.

pub(crate) mod expect;
pub(crate) mod fixtures;
pub(crate) mod mutants;
pub(crate) mod stand_in;

/// Runs a future to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
