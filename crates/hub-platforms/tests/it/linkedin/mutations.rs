//! Nothing that arrives makes the reader panic, and nothing unreadable hides its neighbours.

use super::{fixtures, parse};
use crate::support::mutants::{odd, put};
use hub_platform_kit::platform::Parsed;
use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// All recorded deliveries, and a page that was read back.
fn recorded() -> &'static [Value] {
    static RECORDED: OnceLock<Vec<Value>> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let mut all: Vec<Value> = fixtures::of_kind("webhook").iter().map(|f| fixtures::value(&f.file)).collect();
        all.push(json!({
            "object": "hub_read_back", "account": super::PAGE, "history": true,
            "threads": [{ "post": super::THREAD, "title": "x",
                "comments": fixtures::value("api_comments_list.json")["elements"] }],
            "notifications": all[0]["notifications"], "comments": [],
            "log": fixtures::value("api_member_changelog_messages.json")["elements"],
            "rows": fixtures::value("api_member_snapshot_inbox.json")["elements"][0]["snapshotData"],
        }));
        all
    })
}

/// What can be kept: ids that fit, and keys that stay short.
fn can_be_kept(parsed: &[Parsed]) {
    for one in parsed {
        if let Parsed::Event(event) = one {
            assert!(event.event_key.len() <= 255 + 400, "{}", event.event_key);
            assert!(event.accounts.iter().all(|account| !account.as_str().is_empty()));
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_have_an_outcome(body in vec(any::<u8>(), 0..200)) {
        assert_eq!(parse(&body).len(), 1);
    }

    #[test]
    fn any_cut_or_flipped_byte_is_survived(delivery in select(recorded()), cut in any::<Index>(), byte in any::<u8>()) {
        let mut body = delivery.to_string().into_bytes();
        let at = cut.index(body.len());
        body[at] = byte;
        can_be_kept(&parse(&body));
        body.truncate(at);
        can_be_kept(&parse(&body));
    }

    #[test]
    fn any_changed_members_are_survived(
        delivery in select(recorded()),
        changes in vec((any::<Index>(), odd()), 1..4),
    ) {
        let mut delivery = delivery;
        for (turn, value) in &changes {
            put(&mut delivery, *turn, value);
        }
        can_be_kept(&parse(delivery.to_string().as_bytes()));
    }

    #[test]
    fn a_spoiled_notification_hides_no_neighbour(changes in vec((any::<Index>(), odd()), 1..4)) {
        let mut batch = fixtures::value("org_batch.json");
        let good = fixtures::value("org_comment.json");
        let Some(Parsed::Event(wanted)) = parse(good.to_string().as_bytes()).into_iter().next() else { panic!() };
        let mut spoiled = batch["notifications"][1].clone();
        for (turn, value) in &changes {
            put(&mut spoiled, *turn, value);
        }
        batch["notifications"] = json!([spoiled, good["notifications"][0]]);
        let parsed = parse(batch.to_string().as_bytes());
        assert!(parsed.iter().any(|one| matches!(one, Parsed::Event(event) if event.event_key == wanted.event_key)));
    }
}
