//! Instagram.

mod calls;
mod linking;
mod sending;

use crate::meta::check_deliveries;
use crate::support::fixtures::{self, Fixture};

const PLATFORM: &str = "instagram";

fn recorded() -> Vec<Fixture> {
    fixtures::all(PLATFORM, 43)
}

#[test]
fn every_recorded_delivery_is_understood() {
    check_deliveries(PLATFORM, recorded(), 26);
}
