//! Linking: it works in every way the card names, keeps what there was, is given back, renewed in time, and asked for anew only
//! when the platform said so.

use super::Stage;
use super::browser::Browser;
use super::stage::{text, told};
use super::subject::{Decision, Fault, Subject};
use crate::{Engine, eventually};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Every way of linking the card names.
pub(super) fn methods<S: Subject>(stage: &Stage<S>) -> Vec<String> {
    stage.card["connect"].as_array().expect("a list").iter().map(|method| text(&method["id"])).collect()
}

/// Every way links; linking again keeps the account's id and its history; a form with a wrong answer can be corrected.
pub async fn links_and_links_again<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::open(binary, engine).await;
    let path = format!("/api/oauth/connect/{}", stage.platform());
    let (status, refused) = stage.user.post(&path, &json!({"method": "no-such-way"})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    assert!(told(&refused).contains("no-such-way"), "{refused}");
    for (number, method) in methods(&stage).iter().enumerate() {
        let user = stage.hub.client().register(&format!("user{number}@example.com")).await;
        if let Some(form) = stage.subject.form(method, &stage.subject.account(0)) {
            let path = format!("/api/oauth/connect/{}", stage.platform());
            let (status, asked) = user.post(&path, &json!({ "method": method })).await;
            assert_eq!((status, &asked["step"]["type"]), (StatusCode::OK, &json!("ask")), "{asked}");
            let (state, fields) = (text(&asked["state"]), asked["step"]["fields"].as_array().expect("fields").clone());
            for name in form.good.as_object().expect("answers").keys() {
                assert!(fields.iter().any(|field| field["name"] == name.as_str()), "{name} is asked for");
            }
            let (status, refused) = user.post(&path, &json!({"state": state, "answers": form.bad})).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
            assert!(told(&refused).len() > 10, "a sentence: {refused}");
            stage.shows_no_secret(&refused.to_string());
            let (status, linked) = user.post(&path, &json!({"state": state, "answers": form.good})).await;
            assert_eq!(status, StatusCode::OK, "the same attempt, corrected: {linked}");
            let linked = stage.answer_further(&user, method, &stage.subject.account(0), linked).await;
            assert!(linked["accountId"].is_string(), "{linked}");
        }
        let first = stage.link_only(&user, method, &stage.subject.account(0)).await;
        let again = stage.link_only(&user, method, &stage.subject.account(0)).await;
        assert_eq!(first, again, "linking again keeps the id");
        assert_eq!(stage.accounts(&user).await.len(), 1);
    }

    let id = stage.link().await;
    let conversation = stage.conversation_with(1).await;
    assert_eq!(stage.link().await, id);
    let (message, _) = stage.hear(1, "after linking again").await;
    assert_eq!(text(&message["conversation_id"]), conversation, "the history goes on");
    stage.finish().await;
}

/// Of several accounts the person chooses one, on the hub's own page; what is not on the list cannot be chosen.
pub async fn asks_which_account<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::open(binary, engine).await;
    let both = [stage.subject.account(0), stage.subject.account(1)];
    for (number, method) in methods(&stage).iter().enumerate() {
        if stage.subject.form(method, &both[0]).is_some() {
            continue;
        }
        let user = stage.hub.client().register(&format!("user{number}@example.com")).await;
        let mut browser = Browser::new();
        let (page, _) = browser.begin(&user, stage.platform(), method).await;
        let back = stage.subject.consent(method, &page, Decision::Accept(&both)).await.expect("it leads back");
        let choices = [0, 1].map(|number| stage.subject.choice(method, &both[number]));
        let landing = browser.come_back(&stage, &back, Some(&choices[1])).await;
        assert_eq!(landing.told.get("success").map(String::as_str), Some("true"), "{landing:?}");
        let accounts = stage.accounts(&user).await;
        assert_eq!(accounts.len(), 1);
        if landing.choices.is_empty() {
            // The platform's own page knew one account only.
            assert_eq!(accounts[0]["platform_user_id"], both[0]);
            continue;
        }
        for account in &choices {
            assert!(landing.choices.contains(account), "{account} can be chosen: {landing:?}");
        }
        assert_eq!(accounts[0]["platform_user_id"], both[1], "what was chosen");

        let (page, _) = browser.begin(&user, stage.platform(), method).await;
        let back = stage.subject.consent(method, &page, Decision::Accept(&both)).await.expect("it leads back");
        let asked = browser.get(back.split('#').next().unwrap_or_default()).await;
        let to = format!("{}{}", stage.hub.base, asked.location.expect("on to the hub's page"));
        let state = super::browser::values(&browser.get(&to).await.body, "state").pop().expect("a form");
        let fields = [("state", state.as_str()), ("action", "link"), ("choice", "999999999999")];
        let refused = browser.post(&format!("{}/api/oauth/continue", stage.hub.base), &fields).await;
        assert!(!refused.location.unwrap_or_default().contains("success=true"), "not on the list");
        assert_eq!(stage.accounts(&user).await.len(), 1);
    }
    stage.finish().await;
}

/// Disconnecting erases the tokens here, and takes back at the platform what can be; conversations stay, nothing comes in.
pub async fn gives_everything_back<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    let account = stage.subject.account(0);
    let id = text(&stage.accounts(&stage.user).await[0]["id"]);
    let stranger = stage.hub.client().register("eve@example.com").await;
    let path = format!("/api/oauth/disconnect/{id}");
    assert_eq!(stranger.delete(&path).await.0, StatusCode::NOT_FOUND, "not the stranger's");
    for _ in 0..2 {
        assert_eq!(stage.user.delete(&path).await.0, StatusCode::OK, "twice is fine");
    }
    assert_eq!(stage.account_here(&stage.user, &id).await["is_active"], false);
    let kept = stage.database.texts("SELECT access_token FROM connected_accounts").await;
    let renewing = stage.database.texts("SELECT refresh_token FROM connected_accounts").await;
    let erased = |value: &Option<String>| value.as_deref().unwrap_or_default().is_empty();
    assert!(kept.iter().chain(&renewing).all(erased), "the tokens are erased");
    eventually("the platform is told", async || stage.subject.is_free(&account).then_some(())).await;

    let (status, refused) = stage.send(&conversation, &json!({"content": "too late"})).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::CONFLICT, &json!("ACCOUNT_INACTIVE")), "{refused}");
    let event = stage.event(900_001, 1, "said to nobody", chrono::Utc::now());
    for delivery in stage.subject.deliveries(&account, vec![event]) {
        // Where the proof belonged to the account, it proves nothing any more.
        let status = stage.deliver(delivery.to_string().as_bytes()).await;
        assert!(status == StatusCode::UNAUTHORIZED || status == Stage::<S>::taken(), "{status}");
    }
    let (_, listed) = stage.user.get("/api/conversations").await;
    assert_eq!(listed["conversations"][0]["id"], conversation, "conversations stay");
    assert_eq!(listed["conversations"][0]["account_active"], false);
    assert_eq!(stage.unread().await, 0, "and count no more");

    let again = stage.link().await;
    assert_eq!(again, id, "linked again it is the same account");
    stage.hear(1, "welcome back").await;
    assert!(stage.find("said to nobody").await.is_none());
    stage.finish().await;
}

/// A grant that ends before long is renewed, once; a fresh one is left alone, and so is one that does not end.
pub async fn renews_in_time<S: Subject>(binary: &Path, engine: Engine) {
    /// A grant must have this age at some platforms.
    const AGE: Duration = Duration::from_hours(25);
    /// Sooner than any platform's own rule wants it, later than a single call takes.
    const LEFT: Duration = Duration::from_mins(4);
    let stage = Stage::<S>::linked(binary, engine).await;
    let (account, id) = (stage.subject.account(0), text(&stage.accounts(&stage.user).await[0]["id"]));
    let path = format!("/api/oauth/refresh/{id}");
    let refresh = async || {
        let (status, said) = stage.user.post(&path, &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        stage.shows_no_secret(&said.to_string());
    };
    refresh().await;
    if stage.subject.renewals(&account).is_some() {
        assert_eq!(stage.subject.renewals(&account), Some(0), "a fresh one is left alone");
        stage.subject.pass(AGE);
        let soon = (chrono::Utc::now() + LEFT).format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let changed = format!("UPDATE connected_accounts SET token_expires_at = '{soon}'");
        assert_eq!(stage.database.change(changed).await, 1);
        refresh().await;
        refresh().await;
        assert_eq!(stage.subject.renewals(&account), Some(1), "renewed, and fresh again");
    }
    let (message, _) = stage.hear(1, "still here").await;
    let (status, sent) = stage.send_words(&text(&message["conversation_id"]), "so are we").await;
    assert_eq!((status, &sent["failure"]), (StatusCode::CREATED, &Value::Null));
    assert_eq!(stage.health().await, "ok");
    stage.finish().await;
}

/// Only an answer about credentials makes an account ask for a new sign-in; then nothing more leaves until there is one.
pub async fn asks_anew_on_evidence_only<S: Subject>(binary: &Path, engine: Engine) {
    // A refused grant is renewed, and refused again, before a send is answered: on a busy machine that takes a while.
    let stage = Stage::<S>::linked_with(binary, engine, &[("SEND_WAIT_MS", "15000")]).await;
    let account = stage.subject.account(0);
    let id = text(&stage.accounts(&stage.user).await[0]["id"]);
    let innocent =
        [Fault::Trouble, Fault::Gateway, Fault::Garbage, Fault::SlowDown(Duration::from_secs(1)), Fault::CutBefore];
    for (person, fault) in innocent.into_iter().enumerate() {
        let conversation = stage.conversation_with(person).await;
        if !stage.subject.fault(&account, fault) {
            continue;
        }
        stage.send_words(&conversation, &format!("through {fault:?}")).await;
        assert_eq!(stage.health().await, "ok", "{fault:?} says nothing about the sign-in");
    }

    // So much trouble in a row lets an account rest; what leaves then ends it.
    let elsewhere = stage.conversation_with(6).await;
    let (_, sent) = stage.send_words(&elsewhere, "all is well again").await;
    assert_eq!(sent["failure"], Value::Null);
    let conversation = stage.conversation_with(7).await;
    assert!(stage.subject.fault(&account, Fault::Reauth), "every platform can refuse a grant");
    let (status, failed) = stage.send_words(&conversation, "with a dead grant").await;
    assert!(!matches!(status.as_u16(), 201 | 401 | 403), "{status}");
    assert_eq!(failed["status"], "failed");
    assert!(text(&failed["failure"]).len() > 10, "a sentence: {failed}");
    assert_eq!(stage.health().await, "needs_reauth");
    let got = stage.got().len();
    let (status, refused) = stage.send(&conversation, &json!({"content": "again"})).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::CONFLICT, &json!("ACCOUNT_NEEDS_REAUTH")));
    assert_eq!(stage.got().len(), got, "nothing left");
    // Where the hub must ask, what people write waits at the platform.
    stage.subject.say(&account, &stage.subject.person(7), "people may still write");
    if stage.offers("webhook") {
        stage.message("people may still write").await;
    }

    assert_eq!(stage.link().await, id, "the same account");
    stage.message("people may still write").await;
    assert_eq!(stage.health().await, "ok");
    let (status, sent) = stage.send_words(&conversation, "with a new grant").await;
    assert_eq!((status, &sent["failure"]), (StatusCode::CREATED, &Value::Null));
    stage.finish().await;
}
