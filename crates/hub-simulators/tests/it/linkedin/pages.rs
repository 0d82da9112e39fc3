//! Pages, posts and comments, Rest.li's manners, versions and limits.

use super::{ADA, ADMIN, PAGE, Scene, VERSION, comments, encoded, page, person};
use bytes::Bytes;
use hub_simulators::linkedin::{Fault, Image, Limit, LinkedInOptions};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn written(text: &str, post: &str) -> Value {
    json!({"actor": page(), "object": post, "message": {"text": text}})
}

#[tokio::test]
async fn roles_are_listed_and_only_administrators_act() {
    let scene = Scene::new().await;
    scene.platform.set_role(ADMIN, "5590506", "ANALYST", "APPROVED");
    let (_, all) = scene.get("rest/organizationAcls?q=roleAssignee").await;
    assert_eq!(all["elements"].as_array().unwrap().len(), 2);
    let (_, admins) = scene.get("rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED").await;
    assert_eq!(admins["elements"][0]["organization"], page());
    assert_eq!(scene.get(&format!("rest/organizations/{PAGE}")).await.1["localizedName"], "Devtestco");
    let post = scene.platform.post(PAGE, "Our spring release is out");
    scene.platform.set_role(ADMIN, PAGE, "", "");
    let (status, told) = scene.get(&comments(&post)).await;
    assert_eq!((status, told["code"].as_str()), (403, Some("ACCESS_DENIED")));
    assert!(!told["message"].as_str().unwrap().starts_with("Not enough"), "it is the role, not the app: {told}");
}

#[tokio::test]
async fn a_page_answers_and_answers_to_answers_stand_beside_them() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    let asked = scene.platform.comment(ADA, &post, "Does this ship to Norway?").unwrap();
    let answer = scene.raw(Method::POST, &comments(&asked), &written("Yes.", &post)).await;
    assert_eq!(answer.status(), 201);
    let id = answer.headers()["x-restli-id"].to_str().unwrap().to_owned();
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["commentUrn"], format!("urn:li:comment:({post},{id})"), "the header holds the number alone");
    assert_eq!((&told["parentComment"], &told["created"]["impersonator"]), (&json!(asked), &json!(person(ADMIN))));
    let (_, further) =
        scene.post(&comments(told["commentUrn"].as_str().unwrap()), written("And to Iceland.", &post)).await;
    assert_eq!(further["parentComment"], json!(asked), "one level");
    // The post's own list leaves answers out; they are read with the comment.
    let (_, listed) = scene.get(&comments(&post)).await;
    assert_eq!(listed["elements"].as_array().unwrap().len(), 1);
    assert_eq!(listed["elements"][0]["commentsSummary"]["totalFirstLevelComments"], 2);
    let (_, answers) = scene.get(&comments(&asked)).await;
    assert_eq!(answers["elements"].as_array().unwrap().len(), 2);
    let said: Vec<String> = scene.platform.comments(&post).into_iter().map(|(_, text)| text).collect();
    assert_eq!(said, ["Does this ship to Norway?", "Yes.", "And to Iceland."]);
    let one = format!("{}/{id}", comments(&post));
    assert_eq!(scene.get(&one).await.1["message"]["text"], "Yes.");
    assert_eq!(scene.call(Method::DELETE, &format!("{one}?actor={}", encoded(&page())), &Value::Null).await.0, 204);
    assert_eq!(scene.get(&one).await.0, 404);
}

#[tokio::test]
async fn what_a_comment_must_be_is_checked() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    let status = async |body: Value| scene.post(&comments(&post), body).await.0;
    assert_eq!(status(json!({"object": post, "message": {"text": "x"}})).await, 422);
    assert_eq!(status(written(" ", &post)).await, 422);
    assert_eq!(status(written(&"x".repeat(1_251), &post)).await, 422);
    assert_eq!(status(written(&"ü".repeat(1_250), &post)).await, 201);
    let mut foreign = written("x", &post);
    foreign["actor"] = "urn:li:organization:1".into();
    assert_eq!(status(foreign).await, 403);
    assert_eq!(scene.post(&comments("urn:li:activity:1"), written("x", "urn:li:activity:1")).await.0, 404);
}

#[tokio::test]
async fn a_young_post_is_not_known_everywhere() {
    let options = LinkedInOptions { young_posts_missing: Duration::from_secs(30), ..LinkedInOptions::default() };
    let scene = Scene::with(options).await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    let (status, told) = scene.post(&comments(&post), written("First!", &post)).await;
    assert_eq!(status, 404);
    assert!(told["message"].as_str().unwrap().starts_with("Unable to obtain activity for urn"), "{told}");
    scene.platform.advance(Duration::from_secs(30));
    assert_eq!(scene.post(&comments(&post), written("First!", &post)).await.0, 201);
}

#[tokio::test]
async fn pages_of_a_list_may_be_short_and_go_on() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    let said: Vec<String> = (0..5).map(|n| scene.platform.comment(ADA, &post, &format!("{n}")).unwrap()).collect();
    scene.platform.hide_comment(&said[4], true);
    let (_, first) = scene.get(&format!("{}?start=0&count=2", comments(&post))).await;
    assert_eq!(first["elements"].as_array().unwrap().len(), 1);
    assert_eq!(first["paging"]["links"][0]["rel"], "next");
    let (_, last) = scene.get(&format!("{}?start=4&count=2", comments(&post))).await;
    assert_eq!(last["paging"]["links"].as_array().unwrap().len(), 1, "only back");
    scene.platform.edit_comment(&said[0], "zero");
    let (_, last) = scene.get(&format!("{}?start=4&count=2", comments(&post))).await;
    let one = &last["elements"][0];
    assert!(one["lastModified"]["time"].as_i64() > one["created"]["time"].as_i64(), "{one}");
}

#[tokio::test]
async fn the_version_and_the_signs_of_names_matter() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    let url = format!("{}/{}", scene.platform.base_url(), comments(&post));
    let ask = async |version: Option<&str>, url: &str| {
        let request = scene.http.get(url).bearer_auth(&scene.token).header("X-Restli-Protocol-Version", "2.0.0");
        let request = match version {
            Some(version) => request.header("LinkedIn-Version", version),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["code"].clone())
    };
    assert_eq!(ask(None, &url).await, (400, json!("VERSION_MISSING")));
    assert_eq!(ask(Some("202401"), &url).await, (426, json!("NONEXISTENT_VERSION")));
    assert_eq!(ask(Some(VERSION), &url).await.0, 200);
    scene.platform.versions(Some(&["202701"]));
    assert_eq!(ask(Some(VERSION), &url).await.0, 426);
    scene.platform.versions(None);
    let plain = format!("{}/rest/socialActions/{post}/comments", scene.platform.base_url());
    assert_eq!(ask(Some(VERSION), &plain).await.0, 400, "names are written with every sign encoded");
}

/// No header tells what is left, or for how long.
#[tokio::test]
async fn limits_end_at_midnight_and_say_nothing() {
    let scene = Scene::new().await;
    scene.platform.limit("comments", Limit { app: None, member: Some(1) });
    let post = scene.platform.post(PAGE, "Our spring release is out");
    assert_eq!(scene.get(&comments(&post)).await.0, 200);
    let answer = scene.raw(Method::GET, &comments(&post), &Value::Null).await;
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().get("retry-after").is_none());
    assert_eq!(answer.json::<Value>().await.unwrap()["serviceErrorCode"], 101);
    assert_eq!(scene.get("rest/organizationAcls?q=roleAssignee").await.0, 200, "others have their own");
    scene.platform.advance(Duration::from_hours(24));
    assert_eq!(scene.get(&comments(&post)).await.0, 200);
}

#[tokio::test]
async fn faults_come_on_command() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    scene.platform.fault("comments", Fault::revoked());
    scene.platform.fault("comments.CREATE", Fault::CutAfter);
    scene.platform.fault("comments", Fault::Html502);
    assert_eq!(scene.get(&comments(&post)).await.1["serviceErrorCode"], 65_601);
    assert_eq!(scene.get(&comments(&post)).await.0, 502);
    let url = format!("{}/{}", scene.platform.base_url(), comments(&post));
    let request = scene.http.post(url).bearer_auth(&scene.token).header("LinkedIn-Version", VERSION);
    let request = request.header("X-Restli-Protocol-Version", "2.0.0").json(&written("Out", &post));
    let cut = async { request.send().await?.bytes().await };
    assert!(cut.await.is_err(), "the line breaks");
    assert_eq!(scene.platform.comments(&post).len(), 1, "after the comment was written");
    let logged = scene.platform.requests();
    assert_eq!(logged.last().unwrap().action, "CREATE");
}

/// A picture is named in the comment, and its bytes lie elsewhere for some time.
#[tokio::test]
async fn pictures_are_named_and_fetched() {
    let scene = Scene::new().await;
    let post = scene.platform.post(PAGE, "Our spring release is out");
    let image = |lost| Image { mime: "image/png".to_owned(), bytes: Bytes::from_static(b"picture"), lost };
    scene.platform.comment_with_image(ADA, &post, image(false)).unwrap();
    let (_, listed) = scene.get(&comments(&post)).await;
    let name = listed["elements"][0]["content"][0]["entity"]["image"].as_str().unwrap().to_owned();
    assert_eq!(listed["elements"][0]["message"]["text"], "");
    let (status, told) = scene.get(&format!("rest/images/{}", encoded(&name))).await;
    assert_eq!((status, told["status"].as_str()), (200, Some("AVAILABLE")));
    let address = told["downloadUrl"].as_str().unwrap().to_owned();
    let fetch = async || scene.http.get(&address).send().await.unwrap();
    assert_eq!(fetch().await.bytes().await.unwrap().as_ref(), b"picture");
    scene.platform.advance(Duration::from_hours(24 * 31));
    assert_eq!(fetch().await.status(), 403, "addresses end");
    assert_eq!(scene.get("rest/images/urn%3Ali%3Aimage%3Anone").await.0, 404);
}
