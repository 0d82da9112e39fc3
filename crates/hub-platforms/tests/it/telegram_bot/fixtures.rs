//! The recorded payloads and what must come of them.

pub(crate) use crate::support::fixtures::Fixture;

const PLATFORM: &str = "telegram_bot";
const COUNT: usize = 64;

pub(crate) fn payload(file: &str) -> Vec<u8> {
    crate::support::fixtures::payload(PLATFORM, file)
}

/// All fixtures; an index that lost some is an error.
pub(crate) fn all() -> Vec<Fixture> {
    crate::support::fixtures::all(PLATFORM, COUNT)
}
