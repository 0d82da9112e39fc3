//! Linking under attack: a refusal is carried back as a sentence, and no attempt is finished by anything but its own way back.

use super::Stage;
use super::browser::Browser;
use super::connect::methods;
use super::subject::{Decision, Subject};
use crate::{Client, Engine};
use serde_json::json;
use std::path::Path;

/// A person who says no is sent on with a reason, nothing is linked, and the attempt is over.
pub async fn takes_no_for_an_answer<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::open(binary, engine).await;
    for method in methods(&stage) {
        if stage.subject.form(&method, &stage.subject.account(0)).is_some() {
            continue;
        }
        let mut browser = Browser::new();
        let (page, _) = browser.begin(&stage.user, stage.platform(), &method).await;
        let granted = [stage.subject.account(0)];
        let accepted = stage.subject.consent(&method, &page, Decision::Accept(&granted)).await.expect("it leads back");
        let Some(refused) = stage.subject.consent(&method, &page, Decision::Refuse).await else { continue };
        let answer = browser.get(refused.split('#').next().unwrap_or_default()).await;
        assert_eq!(answer.status, 302, "{answer:?}");
        let landing = answer.location.expect("on to the front end");
        assert!(landing.contains(&format!("error={}", S::REFUSAL)), "{landing}");
        assert!(landing.contains(&format!("platform={}", stage.platform())), "{landing}");
        let late = browser.get(accepted.split('#').next().unwrap_or_default()).await;
        assert_eq!(late.status, 400, "the attempt is over");
        assert!(stage.accounts(&stage.user).await.is_empty(), "nothing is linked");
    }

    // The hub's own page can be left, too.
    let method = S::METHOD;
    if stage.subject.form(method, &stage.subject.account(0)).is_none() {
        let (back, _) = way_back(&stage, &mut Browser::new(), method).await;
        let mut browser = Browser::new();
        let asked = browser.get(&back).await;
        let to = format!("{}{}", stage.hub.base, asked.location.expect("a browser nobody knows is asked"));
        let page = browser.get(&to).await;
        assert!(page.body.contains("ada@example.com"), "the page says whose inbox it is");
        let state = super::browser::values(&page.body, "state").pop().expect("a form");
        let fields = [("state", state.as_str()), ("action", "cancel")];
        let left = browser.post(&format!("{}/api/oauth/continue", stage.hub.base), &fields).await;
        assert!(left.location.expect("on").contains("error=access_denied"));
        assert!(stage.accounts(&stage.user).await.is_empty());
    }
    stage.finish().await;
}

/// An address to come back to, with a good code and a good state.
async fn way_back<S: Subject>(stage: &Stage<S>, browser: &mut Browser, method: &str) -> (String, String) {
    let (page, state) = browser.begin(&stage.user, stage.platform(), method).await;
    let granted = [stage.subject.account(0)];
    let back = stage.subject.consent(method, &page, Decision::Accept(&granted)).await.expect("it leads back");
    (back.split('#').next().unwrap_or_default().to_owned(), state)
}

/// Wrong, used, expired and foreign keys finish nothing; a browser that did not begin it is asked first.
pub async fn refuses_states_that_are_not_its_own<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::open(binary, engine).await;
    let granted = [stage.subject.account(0)];
    let nothing = async |stage: &Stage<S>, why: &str| {
        assert!(stage.accounts(&stage.user).await.is_empty(), "{why}: nothing is linked");
    };
    for method in methods(&stage) {
        if let Some(form) = stage.subject.form(&method, &granted[0]) {
            let eve = stage.hub.client().register(&format!("eve-{}@example.com", method.len())).await;
            form_states(&stage, &eve, &method, &form.good).await;
            nothing(&stage, &method).await;
            continue;
        }
        let mut browser = Browser::new();
        let (back, state) = way_back(&stage, &mut browser, &method).await;
        for (wrong, why) in [
            (back.replace(&state, &"0".repeat(64)), "a state of nobody"),
            (back.replace(&state, ""), "no state"),
            (back.replace(&state, &state[1..]), "a shortened state"),
            (
                back.replace(
                    &format!("callback/{}", stage.platform()),
                    &format!("callback/{}", other(stage.platform())),
                ),
                "another platform",
            ),
        ] {
            let status = Browser::new().get(&wrong).await.status;
            assert_eq!(status, 400, "{why}");
            nothing(&stage, why).await;
        }

        let (back, _) = way_back(&stage, &mut browser, &method).await;
        assert_eq!(Browser::of_somebody_else().get(&back).await.status, 400, "another browser");
        nothing(&stage, "another browser").await;

        let (back, _) = way_back(&stage, &mut browser, &method).await;
        let long_ago = "UPDATE hub_connect_attempts SET expires_at = '2020-01-01T00:00:00.000000Z'";
        let changed = stage.database.change(long_ago).await;
        assert!(changed > 0);
        assert_eq!(browser.get(&back).await.status, 400, "an expired state");
        nothing(&stage, "an expired state").await;

        // A good state with a code that the platform does not know is told as a sentence.
        let (back, state) = way_back(&stage, &mut browser, &method).await;
        let made_up = forged(&back, &state);
        let answer = browser.get(&made_up).await;
        let told = answer.location.unwrap_or_default();
        assert!(answer.status == 302 && told.contains("error=callback_failed") && told.contains("message="), "{told}");
        nothing(&stage, "a forged code").await;

        // Whoever never had the hub's cookie is asked, in that browser only.
        let (back, state) = way_back(&stage, &mut Browser::new(), &method).await;
        let mut victim = Browser::new();
        let asked = victim.get(&back).await;
        assert_eq!(asked.status, 303, "{asked:?}");
        let to = asked.location.expect("the hub's page");
        assert!(!to.contains(&state), "whoever began it does not know the new key");
        nothing(&stage, "asked first").await;
        let elsewhere = Browser::new().get(&format!("{}{to}", stage.hub.base)).await;
        assert_eq!(elsewhere.status, 400, "the page opens in that browser only");

        // Used once, gone.
        let (back, _) = way_back(&stage, &mut browser, &method).await;
        let choice = stage.subject.choice(&method, &granted[0]);
        let landing = browser.come_back(&stage, &back, Some(&choice)).await;
        assert_eq!(landing.told.get("success").map(String::as_str), Some("true"), "{landing:?}");
        assert_eq!(browser.get(&back).await.status, 400, "a replay");
        let accounts = stage.accounts(&stage.user).await;
        assert_eq!(accounts.len(), 1);
        let id = accounts[0]["id"].as_str().expect("an id");
        assert_eq!(stage.user.delete(&format!("/api/oauth/disconnect/{id}")).await.0, 200);
        stage.database.change("DELETE FROM connected_accounts").await;
    }
    stage.finish().await;
}

/// The key of a form belongs to who began it, and is used up.
async fn form_states<S: Subject>(stage: &Stage<S>, eve: &Client, method: &str, answers: &serde_json::Value) {
    let path = format!("/api/oauth/connect/{}", stage.platform());
    let (_, asked) = stage.user.post(&path, &json!({ "method": method })).await;
    let state = asked["state"].as_str().expect("a state").to_owned();
    let body = json!({"state": state, "answers": answers});
    assert_eq!(eve.post(&path, &body).await.0, 400, "another user's state");
    assert_eq!(stage.user.post(&path, &body).await.0, 400, "which is gone then");
    let unknown = json!({"state": "0".repeat(64), "answers": answers});
    assert_eq!(stage.user.post(&path, &unknown).await.0, 400, "a state of nobody");
    assert!(stage.accounts(eve).await.is_empty());
}

/// A published name that is not this one.
fn other(platform: &str) -> &'static str {
    if platform == "linkedin" { "twitter" } else { "linkedin" }
}

/// The same address with every proof but the state made up.
fn forged(back: &str, state: &str) -> String {
    let mut url = url::Url::parse(back).expect("an address");
    let made_up = |name: &str, value: String| match name {
        "code" => "made-up".to_owned(),
        "hash" => "0".repeat(64),
        _ => value,
    };
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .map(|(name, value)| {
            let value = if value == state { value } else { made_up(&name, value) };
            (name, value)
        })
        .collect();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.into()
}
