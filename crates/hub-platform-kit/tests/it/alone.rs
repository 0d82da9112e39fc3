//! A reader that panics.

use hub_platform_kit::platform::Parsed;
use hub_platform_kit::{READER_FAILED, alone};

#[test]
fn an_event_whose_reader_panics_falls_alone() {
    let read = |number: u32| {
        assert!(number != 2, "no reader is without faults");
        vec![Parsed::Unreadable(number.to_string())]
    };
    let told = (1..=3).flat_map(|number| alone(|| read(number), |fallen| vec![fallen]));
    let told: Vec<String> = told
        .map(|one| match one {
            Parsed::Unreadable(why) => why,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, ["1", READER_FAILED, "3"]);
}
