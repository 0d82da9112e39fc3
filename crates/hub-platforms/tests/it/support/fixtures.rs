//! The recorded payloads of a platform and what must come of them.

pub(crate) use hub_testkit::recorded::{Fixture, all, payload};
