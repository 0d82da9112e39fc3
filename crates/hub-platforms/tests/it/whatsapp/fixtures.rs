//! The recorded payloads and what must come of them.

use crate::support::fixtures;
pub(crate) use crate::support::fixtures::Fixture;

const PLATFORM: &str = "whatsapp";

pub(crate) fn payload(file: &str) -> Vec<u8> {
    fixtures::payload(PLATFORM, file)
}

/// All fixtures; an index that lost some is an error.
pub(crate) fn all() -> Vec<Fixture> {
    fixtures::all(PLATFORM, 84)
}

/// The recorded deliveries.
pub(crate) fn deliveries() -> impl Iterator<Item = Fixture> {
    all().into_iter().filter(|fixture| fixture.kind == "webhook")
}
