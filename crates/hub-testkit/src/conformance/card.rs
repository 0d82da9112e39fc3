//! The card: it fills every field, agrees with what the platform has, and collides with no other.

use super::{Stage, Subject};
use crate::Engine;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Words that stand for themselves.
const UNITS: [&str; 3] = ["utf16", "chars", "bytes"];
const STATUSES: [&str; 3] = ["sent", "delivered", "read"];
const HISTORIES: [&str; 5] = ["never", "regularly", "without_webhook", "line", "backfill"];
const FILES: [&str; 5] = ["image", "video", "audio", "file", "sticker"];

/// The card says everything, nothing that cannot be, and nothing that belongs to another.
pub async fn keeps_its_word<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::open(binary, engine).await;
    let card = &stage.card;
    assert_eq!(card["not_configured"], Value::Null, "everything is set");
    let word = |name: &str| card[name].as_str().filter(|text| !text.is_empty());
    let word = |name: &str| word(name).unwrap_or_else(|| panic!("the card does not say {name}"));
    let number = |name: &str| card[name].as_u64().unwrap_or_else(|| panic!("the card does not say {name}"));
    assert!(!word("display_name").contains("TODO"));

    let methods = card["connect"].as_array().expect("a list");
    assert!(!methods.is_empty(), "an account can be linked");
    let ids: BTreeSet<&str> = methods.iter().filter_map(|method| method["id"].as_str()).collect();
    assert_eq!(ids.len(), methods.len(), "every way of linking has a name of its own");
    assert!(ids.contains(S::METHOD), "the suite's way is one of the card's");
    for method in methods {
        assert!(method["label"].as_str().is_some_and(|label| !label.is_empty()), "{method}");
        let id = method["id"].as_str().expect("a name");
        let asks = stage.subject.form(id, &stage.subject.account(0)).is_some();
        assert_eq!(method["redirects"], !asks, "{id} says how it starts");
    }

    assert!(number("max_text") > 0, "words can be sent");
    assert!(number("max_caption") <= number("max_text"));
    assert!(UNITS.contains(&word("text_unit")));
    assert!(STATUSES.contains(&word("furthest_status")));
    assert!(HISTORIES.contains(&word("history")));
    assert!(stage.offers("webhook") || word("history") != "never", "there is a way in");
    let rules = card["attachments"].as_array().expect("a list");
    let kinds: BTreeSet<&str> = rules.iter().filter_map(|rule| rule["kind"].as_str()).collect();
    assert_eq!(kinds.len(), rules.len(), "one rule for a kind");
    for rule in rules {
        assert!(FILES.contains(&rule["kind"].as_str().expect("a word")), "{rule}");
        assert!(rule["max_bytes"].as_u64().is_some_and(|most| most > 0), "{rule}");
        let types = rule["mime_types"].as_array().expect("a list");
        assert!(types.iter().all(|kind| kind.as_str().is_some_and(|kind| kind.contains('/'))), "{rule}");
    }
    assert_eq!(rules.is_empty(), number("max_attachments") == 0, "files can be sent, or they cannot");
    assert!(number("album") <= number("max_attachments"));
    let (free, tagged) = (card["reply_window_s"].as_u64(), &card["tagged_window"]);
    assert!(free != Some(0));
    if !tagged.is_null() {
        assert!(tagged["tag"].as_str().is_some_and(|tag| !tag.is_empty()));
        assert!(tagged["within_s"].as_u64() > free, "a tag opens the window for longer");
    }
    let quotas = card["quotas"].as_array().expect("a list");
    assert!(!quotas.is_empty() && quotas.iter().all(|quota| quota["calls"].as_u64().is_some_and(|calls| calls > 0)));
    for gesture in ["replies", "reactions", "typing", "templates", "mark_read", "profiles", "splits_longer_text"] {
        stage.offers(gesture);
    }
    assert_eq!(stage.offers("templates"), stage.subject.template().is_some(), "a prepared message can be tried");
    assert_eq!(stage.offers("webhook"), !stage.subject.strange(&stage.subject.account(0)).is_empty());
    assert!(card["displayName"] == card["display_name"], "both spellings");

    let cards = stage.cards().await;
    let ids: BTreeSet<&str> = cards.iter().filter_map(|card| card["id"].as_str()).collect();
    assert_eq!(ids.len(), cards.len(), "no two platforms have one id");
    let names: Vec<(&Value, &Value)> = cards.iter().map(|card| (&card["platform"], &card["account_kind"])).collect();
    for (place, name) in names.iter().enumerate() {
        assert!(!names[..place].contains(name), "{name:?} stands for two platforms");
    }
    stage.finish().await;
}
