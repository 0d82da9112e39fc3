//! The authorize page, codes, tokens that are used once, and who may ask.

use super::{CLIENT, ME, Scene};
use hub_simulators::twitter::Consent;
use std::time::Duration;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "https://hub.test/back";

async fn visit(scene: &Scene, decision: Option<&str>) -> (u16, String) {
    let mut url = url::Url::parse(&format!("{}/i/oauth2/authorize", scene.platform.base_url())).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
        ("scope", "dm.read users.read tweet.read offline.access"),
        ("state", "s t&1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let request = match decision {
        None => scene.http.get(url),
        Some(decision) => scene.http.post(url).form(&[("decision", decision), ("user", ME)]),
    };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let place = answer.headers().get("location").map(|place| place.to_str().unwrap().to_owned());
    (
        status,
        match place {
            Some(place) => place,
            None => answer.text().await.unwrap(),
        },
    )
}

fn part(place: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(place).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn code(scene: &Scene) -> String {
    scene.platform.consent(Consent::Accept, Some(ME));
    part(&visit(scene, None).await.1, "code").unwrap()
}

fn exchange<'a>(code: &'a str, verifier: &'a str) -> [(&'static str, &'a str); 4] {
    let kind = ("grant_type", "authorization_code");
    [kind, ("code", code), ("redirect_uri", BACK), ("code_verifier", verifier)]
}

#[tokio::test]
async fn the_page_asks_and_the_person_decides() {
    let scene = Scene::new().await;
    let (status, page) = visit(&scene, None).await;
    assert_eq!(status, 200);
    assert!(page.contains(">Accept<") && page.contains(">Refuse<") && page.contains("dm.read"));
    let (status, place) = visit(&scene, Some("refuse")).await;
    assert_eq!((status, part(&place, "error").as_deref()), (302, Some("access_denied")));
    let (_, place) = visit(&scene, Some("accept")).await;
    assert_eq!(part(&place, "state").as_deref(), Some("s t&1"));
    let (status, tokens) = scene.form("token", true, &exchange(&part(&place, "code").unwrap(), VERIFIER)).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(tokens["scope"], "dm.read users.read tweet.read offline.access");
    let token = tokens["access_token"].as_str().unwrap();
    let (_, me) = scene.call(reqwest::Method::GET, "users/me", token, &serde_json::Value::Null).await;
    assert_eq!(me["data"]["id"], ME);
}

#[tokio::test]
async fn codes_are_good_once_for_thirty_seconds_with_their_verifier() {
    let scene = Scene::new().await;
    let first = code(&scene).await;
    assert_eq!(scene.form("token", true, &exchange(&first, "another")).await.0, 400);
    assert_eq!(scene.form("token", true, &exchange(&first, VERIFIER)).await.0, 400, "it was used");
    let late = code(&scene).await;
    scene.platform.advance(Duration::from_secs(31));
    assert_eq!(scene.form("token", true, &exchange(&late, VERIFIER)).await.1["error"], "invalid_request");
    let good = code(&scene).await;
    let (status, told) = scene.form("token", false, &exchange(&good, VERIFIER)).await;
    assert_eq!((status, told["error"].as_str()), (401, Some("unauthorized_client")));
    assert_eq!(scene.form("token", true, &exchange(&good, VERIFIER)).await.0, 200, "the hub's mistake costs no code");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_dead_ones_are_an_invalid_request() {
    let scene = Scene::new().await;
    let granted = scene.platform.grant(CLIENT, ME, &super::SCOPES);
    let old = granted["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", old)];
    let (status, fresh) = scene.form("token", true, &fields).await;
    assert_eq!(status, 200);
    assert_ne!(fresh["refresh_token"], old);
    let (status, told) = scene.form("token", true, &fields).await;
    assert_eq!((status, told["error"].as_str()), (400, Some("invalid_request")));
    assert_eq!(told["error_description"], "Value passed for the token was invalid.");
    let new = fresh["refresh_token"].as_str().unwrap();
    assert_eq!(scene.form("revoke", true, &[("token", new)]).await.1["revoked"], true);
    assert_eq!(scene.form("token", true, &[("grant_type", "refresh_token"), ("refresh_token", new)]).await.0, 400);
    let without = scene.platform.grant(CLIENT, ME, &["dm.read"]);
    assert!(without.get("refresh_token").is_none());
}

#[tokio::test]
async fn access_tokens_end_after_two_hours_and_with_the_permission() {
    let scene = Scene::new().await;
    assert_eq!(scene.get("users/me").await.0, 200);
    scene.platform.advance(Duration::from_hours(2));
    assert_eq!(scene.get("users/me").await.1["status"], 401);
    let again = scene.platform.grant(CLIENT, ME, &super::SCOPES)["access_token"].as_str().unwrap().to_owned();
    scene.platform.revoke(ME);
    assert_eq!(scene.call(reqwest::Method::GET, "users/me", &again, &serde_json::Value::Null).await.0, 401);
}
