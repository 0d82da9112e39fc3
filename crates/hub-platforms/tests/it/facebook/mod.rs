//! Facebook pages.

mod calls;
mod linking;
mod sending;

use crate::meta::check_deliveries;
use crate::support::fixtures::{self, Fixture};

const PLATFORM: &str = "facebook";

fn recorded() -> Vec<Fixture> {
    fixtures::all(PLATFORM, 65)
}

#[test]
fn every_recorded_delivery_is_understood() {
    check_deliveries(PLATFORM, recorded(), 35);
}
