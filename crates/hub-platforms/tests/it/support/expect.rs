//! Reads expectations so that none is overlooked.

pub(crate) use hub_testkit::expect::Expected;
