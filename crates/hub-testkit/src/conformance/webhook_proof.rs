//! What a delivery must prove, and that one delivery is one message however often it comes.

use super::stage::Stage;
use super::subject::Subject;
use crate::Engine;
use chrono::Utc;
use reqwest::Method;
use std::path::Path;

/// What becomes of the right header.
type Change<'a> = Box<dyn FnOnce(&'static str, String) -> Vec<(&'static str, String)> + 'a>;

/// Without the right proof nothing is taken; with it the same bytes are. The platform's check of the address is answered.
pub async fn proves_its_origin<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    if !stage.offers("webhook") {
        return stage.finish().await;
    }
    let event = stage.event(800_001, 1, "proven", Utc::now());
    let body = stage.subject.deliveries(&stage.subject.account(0), vec![event])[0].to_string().into_bytes();
    let (_, of_other_bytes) = stage.subject.proof(b"{}");
    let differs = stage.subject.proof(&body).1 != of_other_bytes;
    let wrong: [(&str, Change<'_>); 5] = [
        ("no proof", Box::new(|_, _| Vec::new())),
        ("an empty one", Box::new(|name, _| vec![(name, String::new())])),
        ("one that is too short", Box::new(|name, value| vec![(name, value[..value.len() - 1].to_owned())])),
        ("one with another end", Box::new(|name, value| vec![(name, other_end(&value))])),
        (
            "one of other bytes",
            Box::new(|name, value| vec![(name, if differs { of_other_bytes } else { other_end(&value) })]),
        ),
    ];
    for (what, change) in wrong {
        let status = stage.deliver_with(&body, change).await;
        assert!(matches!(status.as_u16(), 401 | 403), "{what}: {status}");
    }
    stage.nothing_is_under_way(2, "after the forgeries").await;
    assert!(stage.find("proven").await.is_none(), "a forgery got in");
    assert_eq!(stage.deliver(&body).await.as_u16(), 200);
    stage.message("proven").await;

    if let Some(challenge) = stage.subject.challenge() {
        let asked = async |query: &str| {
            let path = format!("{}?{query}", stage.address());
            let answer = stage.hub.client().request(Method::GET, &path).send().await.expect("an answer");
            (answer.status().as_u16(), answer.text().await.expect("a body"))
        };
        assert_eq!(asked(&challenge.right).await, (200, challenge.answer));
        for query in &challenge.wrong {
            assert_eq!(asked(query).await.0, 403, "{query}");
        }
    }
    stage.finish().await;
}

/// The same value with another last character.
fn other_end(value: &str) -> String {
    let last = if value.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &value[..value.len() - 1])
}

/// However often, together, beside others or after a power cut: what was delivered is there once.
pub async fn takes_one_delivery_once<S: Subject>(binary: &Path, engine: Engine) {
    let mut stage = Stage::<S>::linked(binary, engine).await;
    if !stage.offers("webhook") {
        return stage.finish().await;
    }
    let account = stage.subject.account(0);
    let at = Utc::now();
    let event = stage.event(800_101, 1, "said once", at);
    let deliveries = stage.subject.deliveries(&account, vec![event.clone()]);
    let body = deliveries[0].to_string().into_bytes();
    let statuses = tokio::join!(stage.deliver(&body), stage.deliver(&body), stage.deliver(&body), stage.deliver(&body));
    assert_eq!([statuses.0, statuses.1, statuses.2, statuses.3].map(|status| status.as_u16()), [200; 4]);
    stage.deliver_events(vec![event.clone(), stage.event(800_102, 1, "said beside", at)]).await;
    stage.message("said beside").await;
    stage.message("said once").await;
    stage.restart().await;
    stage.deliver_events(vec![event]).await;
    stage.nothing_is_under_way(1, "said after the cut").await;
    for words in ["said once", "said beside", "said after the cut"] {
        assert_eq!(stage.all(words).await.len(), 1, "{words}");
    }
    assert_eq!(stage.unread().await, 3);
    stage.finish().await;
}
