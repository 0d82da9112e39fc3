//! Challenges, subscriptions, signed notifications, repeats, batches, and what can be pulled.

use super::{ADA, ADMIN, CLIENT, PAGE, Scene, comments, encoded, mac, page, person, subscription};
use hub_simulators::linkedin::{App, LinkedInOptions, Signing};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn an_address_must_answer_the_challenge_and_go_on_doing_so() {
    let scene = Scene::new().await;
    scene.receiver.wrong.store(true, Ordering::SeqCst);
    let refused = scene.platform.register_webhook(CLIENT, &scene.receiver.url).await.unwrap_err();
    assert!(refused.contains("wrong"), "{refused}");
    assert!(scene.platform.register_webhook(CLIENT, "http://hub.example/").await.is_err(), "HTTPS only");
    assert!(scene.platform.register_webhook(CLIENT, "https://x.ngrok.io/").await.is_err(), "no tunnels");
    scene.receiver.wrong.store(false, Ordering::SeqCst);
    scene.subscribe().await;
    scene.receiver.wrong.store(true, Ordering::SeqCst);
    let hook = || scene.platform.webhook(CLIENT, &scene.receiver.url).unwrap();
    for failures in 1..=3 {
        scene.platform.advance(Duration::from_hours(2));
        assert!(scene.platform.until(super::WAIT, || hook().failures == failures).await);
    }
    assert!(hook().blocked, "three in a row");
    let post = scene.platform.post(PAGE, "Our spring release is out");
    scene.platform.comment(ADA, &post, "lost for now").unwrap();
    assert_eq!(scene.platform.pending(), 1);
    scene.receiver.wrong.store(false, Ordering::SeqCst);
    scene.platform.register_webhook(CLIENT, &scene.receiver.url).await.unwrap();
    scene.receiver.wait(1).await;
}

#[tokio::test]
async fn in_the_development_tier_nobody_is_called() {
    let scene = Scene::new().await;
    scene.platform.create_app(App { development: true, ..App::new(CLIENT, super::SECRET) });
    assert!(scene.platform.register_webhook(CLIENT, &scene.receiver.url).await.is_err());
}

#[tokio::test]
async fn comments_are_told_signed_and_spelled_short() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    scene.subscribe().await;
    let comment = scene.platform.comment(ADA, &post, "Great work! ü").unwrap();
    let told = scene.receiver.wait(1).await.remove(0);
    assert_eq!(told["type"], "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS");
    let one = &told["notifications"][0];
    assert_eq!((&one["action"], &one["organizationalEntity"]), (&json!("COMMENT"), &json!(page())));
    assert_eq!(one["subscriber"], person(ADMIN));
    let decorated = &one["decoratedGeneratedActivity"]["comment"];
    assert_eq!((&decorated["entity"], &decorated["owner"]), (&json!(comment), &json!(person(ADA))));
    assert_eq!(one["generatedActivity"], comment.replace("(urn:li:", "("));
    assert_eq!(one["decoratedSourcePost"]["text"], "Our spring release is out");
    let (signature, bytes) = scene.receiver.got.lock().unwrap()[0].clone();
    let signed = [b"hmacsha256=".as_slice(), &bytes].concat();
    assert_eq!(signature.as_deref(), Some(mac(&signed).as_str()));
}

#[tokio::test]
async fn every_action_has_its_word() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    scene.subscribe().await;
    let comment = scene.platform.comment(ADA, &post, "Great work!").unwrap();
    scene.platform.comment_as_page(PAGE, &post, "Thank you!").unwrap();
    scene.platform.edit_comment(&comment, "Great work, everyone!");
    scene.platform.like(ADA, &post);
    scene.platform.share(ADA, &post, "worth reading").unwrap();
    scene.platform.mention(ADA, PAGE, "they are good").unwrap();
    scene.platform.delete_comment(&comment);
    let got = scene.receiver.wait(7).await;
    let actions: Vec<&str> = got.iter().map(|one| one["notifications"][0]["action"].as_str().unwrap()).collect();
    let all = ["COMMENT", "ADMIN_COMMENT", "COMMENT_EDIT", "LIKE", "SHARE", "SHARE_MENTION", "COMMENT_DELETE"];
    assert_eq!(actions, all);
    assert_eq!(got[6]["notifications"][0]["decoratedGeneratedActivity"], json!({}), "what is gone is not told");
    let quiet = scene.platform.post_as(PAGE, "for members only", false, None);
    scene.platform.comment(ADA, &quiet, "unheard").unwrap();
    scene.platform.comment_as_page(PAGE, &quiet, "heard").unwrap();
    let got = scene.receiver.wait(8).await;
    assert_eq!(got[7]["notifications"][0]["action"], "ADMIN_COMMENT", "posts that are not public are not told of");
}

#[tokio::test]
async fn up_to_ten_come_together_in_any_order_twice_and_undecorated() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    scene.subscribe().await;
    scene.platform.hold();
    scene.platform.decorate(false);
    for number in 0..12 {
        scene.platform.comment(ADA, &post, &number.to_string()).unwrap();
    }
    scene.platform.duplicate(true);
    scene.platform.release(true, true);
    let got = scene.receiver.wait(4).await;
    let sizes: Vec<usize> = got.iter().map(|one| one["notifications"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [10, 10, 2, 2]);
    assert_eq!(got[0], got[1]);
    let first = &got[0]["notifications"][0];
    assert!(first.get("decoratedGeneratedActivity").is_none());
    assert!(first["notificationId"].as_i64() > got[2]["notifications"][1]["notificationId"].as_i64(), "backwards");
}

#[tokio::test]
async fn what_is_not_taken_comes_again_for_eight_hours() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    scene.subscribe().await;
    *scene.receiver.statuses.lock().unwrap() = vec![500, 503];
    scene.platform.comment(ADA, &post, "one").unwrap();
    let got = scene.receiver.wait(3).await;
    assert!(got[0] == got[1] && got[1] == got[2]);
    let options = LinkedInOptions { retry_for: Duration::ZERO, ..LinkedInOptions::default() };
    let short = Scene::with(options).await;
    let post = short.platform.post(PAGE, "Our spring release is out");
    short.subscribe().await;
    *short.receiver.statuses.lock().unwrap() = vec![500];
    short.platform.comment(ADA, &post, "given up").unwrap();
    short.receiver.wait(1).await;
    assert!(short.platform.until(super::WAIT, || short.platform.pending() == 0).await);
    assert_eq!(short.platform.deliveries().len(), 1);
}

#[tokio::test]
async fn wrong_signatures_can_be_had() {
    let scene = Scene::new().await;
    scene.subscribe().await;
    let send = |signing| scene.platform.send_raw(CLIENT, &scene.receiver.url, "{}", signing);
    send(Signing::BodyAlone);
    send(Signing::Missing);
    scene.receiver.wait(2).await;
    let got = scene.receiver.got.lock().unwrap();
    assert_eq!(got[0].0.as_deref(), Some(mac(b"{}").as_str()));
    assert_eq!(got[1].0, None);
}

#[tokio::test]
async fn subscriptions_need_the_role_and_die_without_a_word() {
    let scene = Scene::new().await;
    let body = json!({"webhook": scene.receiver.url});
    let put = async |path: String| scene.call(Method::PUT, &path, &body).await.0;
    assert_eq!(put(subscription(ADMIN)).await, 400, "the address is not registered");
    scene.subscribe().await;
    assert_eq!(put(subscription(ADA)).await, 403, "in nobody else's name");
    assert_eq!(put(subscription(ADMIN).replace("%3A", ":")).await, 400, "every sign is encoded");
    let (status, told) = scene.get(&subscription(ADMIN)).await;
    assert_eq!((status, &told["webhook"]), (200, &json!(scene.receiver.url)));
    let (_, listed) = scene
        .get("rest/eventSubscriptions?q=subscriberAndEventType&eventType=ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS")
        .await;
    assert_eq!(listed["elements"].as_array().unwrap().len(), 1);
    let post = scene.platform.post(PAGE, "Our spring release is out");
    scene.platform.set_role(ADMIN, PAGE, "", "");
    scene.platform.comment(ADA, &post, "unheard").unwrap();
    scene.platform.set_role(ADMIN, PAGE, "ADMINISTRATOR", "APPROVED");
    assert!(scene.platform.subscriptions(CLIENT).is_empty(), "gone for good");
    assert_eq!(scene.get(&subscription(ADMIN)).await.0, 404);
    scene.subscribe().await;
    assert_eq!(scene.call(Method::DELETE, &subscription(ADMIN), &Value::Null).await.0, 204);
    assert!(scene.platform.subscriptions(CLIENT).is_empty());
}

/// What nobody was told of can be pulled for sixty days.
#[tokio::test]
async fn notifications_can_be_pulled() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    let early = scene.platform.comment(ADA, &post, "early").unwrap();
    scene.platform.advance(Duration::from_hours(1));
    let since = scene.platform.now_ms();
    scene.platform.comment(ADA, &post, "late").unwrap();
    scene.platform.like(ADA, &post);
    let pull = async |actions: &str, more: String| {
        let path = format!(
            "rest/organizationalEntityNotifications?q=criteria&actions=List({actions})&organizationalEntity={}{more}",
            encoded(&page())
        );
        scene.get(&path).await
    };
    let (status, told) = pull("COMMENT,LIKE", String::new()).await;
    assert_eq!((status, told["elements"].as_array().unwrap().len()), (200, 3));
    let (_, told) = pull("COMMENT", format!("&timeRange=(start:{since})")).await;
    let elements = told["elements"].as_array().unwrap();
    assert_eq!(elements.len(), 1);
    assert_eq!(elements[0]["decoratedGeneratedActivity"]["comment"]["text"], "late");
    assert_eq!(pull("WAVE", String::new()).await.0, 400);
    scene.platform.advance(Duration::from_hours(24 * 61));
    assert_eq!(scene.platform.comments(&post).len(), 2, "comments stay");
    let (_, told) =
        scene.get(&format!("{}/{}", comments(&post), early.rsplit(',').next().unwrap().trim_end_matches(')'))).await;
    assert_eq!(told["code"], "EXPIRED_ACCESS_TOKEN");
}

#[tokio::test]
async fn the_trickle_runs_and_answers() {
    let scene = Scene::new().await;
    scene.subscribe().await;
    scene.platform.trickle(PAGE, Duration::from_millis(2));
    scene.receiver.wait(8).await;
    scene.platform.shutdown().await;
}
