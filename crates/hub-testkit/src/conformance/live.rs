//! Lines that stay open: what is told while one breaks is neither lost nor doubled.

use super::Stage;
use super::stage::text;
use super::subject::Subject;
use crate::{Engine, eventually};
use std::path::Path;

/// Times that the line is cut.
const CUTS: usize = 6;
/// Messages between two cuts.
const BURST: usize = 8;

/// The line is cut again and again while people write; everything comes once, in order, and counts once.
pub async fn survives_cuts<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    if stage.card["history"] != "line" {
        return stage.finish().await;
    }
    let (account, person) = (stage.subject.account(0), stage.subject.person(1));
    stage.hear(1, "before the first cut").await;
    let mut expected = vec!["before the first cut".to_owned()];
    for cut in 0..CUTS {
        for number in 0..BURST {
            // In another place of each burst.
            if number == cut % BURST {
                assert!(stage.subject.cut_line(&account), "the card says that a line is held");
            }
            let words = format!("{number} of burst {cut}");
            stage.subject.say(&account, &person, &words);
            expected.push(words);
        }
        // Every other time the line is whole again before it is cut anew.
        if cut.is_multiple_of(2) {
            stage.message(&expected[expected.len() - 1]).await;
        }
    }
    let (last, _) = stage.hear(1, "behind the last cut").await;
    expected.push("behind the last cut".to_owned());
    let path = format!("/api/messages/{}?limit=100", text(&last["conversation_id"]));
    let listed = eventually("all of it", async || {
        let (_, page) = stage.user.get(&path).await;
        let words = page["messages"].as_array().expect("a list").iter().map(|message| text(&message["content"]));
        let words: Vec<String> = words.rev().collect();
        (words.len() >= expected.len()).then_some(words)
    })
    .await;
    assert_eq!(listed, expected, "each once, in order");
    assert_eq!(stage.unread().await, i64::try_from(expected.len()).expect("few"));
    assert_eq!(stage.health().await, "ok", "a cut says nothing about the sign-in");
    stage.finish().await;
}
