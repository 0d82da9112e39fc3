//! The authorize page, codes and tokens.

use super::{ADA, ADMIN, CLIENT, SCOPES, SECRET, Scene};
use hub_simulators::linkedin::{App, DialogMode, LinkedInOptions};
use serde_json::Value;
use std::time::Duration;

const BACK: &str = "https://hub.test/back";

async fn visit(scene: &Scene, scopes: &str, decision: Option<&str>) -> (u16, String) {
    let mut url = url::Url::parse(&format!("{}/oauth/v2/authorization", scene.platform.base_url())).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
        ("scope", scopes),
        ("state", "s t&1"),
    ]);
    let request = match decision {
        None => scene.http.get(url),
        Some(decision) => scene.http.post(url).form(&[("decision", decision), ("user", ADMIN)]),
    };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let place = answer.headers().get("location").map(|place| place.to_str().unwrap().to_owned());
    let shown = match place {
        Some(place) => place,
        None => answer.text().await.unwrap(),
    };
    (status, shown)
}

fn part(place: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(place).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn token(scene: &Scene, fields: &[(&str, &str)]) -> (u16, Value) {
    let own = [("client_id", CLIENT), ("client_secret", SECRET), ("redirect_uri", BACK)];
    let fields: Vec<_> =
        own.iter().filter(|(name, _)| fields.iter().all(|(given, _)| given != name)).chain(fields).collect();
    let url = format!("{}/oauth/v2/accessToken", scene.platform.base_url());
    let answer = scene.http.post(url).form(&fields).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn code(scene: &Scene) -> String {
    scene.platform.dialog_mode(DialogMode::Accept, Some(ADMIN));
    part(&visit(scene, &SCOPES.join(" "), None).await.1, "code").unwrap()
}

#[tokio::test]
async fn the_page_asks_and_the_member_decides() {
    let scene = Scene::new().await;
    let (status, shown) = visit(&scene, "openid profile", None).await;
    assert_eq!(status, 200);
    assert!(shown.contains(">Accept<") && shown.contains("openid"), "{shown}");
    for (decision, error) in [("refuse", "user_cancelled_authorize"), ("cancel_login", "user_cancelled_login")] {
        let (status, place) = visit(&scene, "openid", Some(decision)).await;
        assert_eq!((status, part(&place, "error").as_deref()), (302, Some(error)));
        assert_eq!(part(&place, "state").as_deref(), Some("s t&1"));
    }
    let (_, place) = visit(&scene, "openid r_member_social", None).await;
    assert_eq!(part(&place, "error").as_deref(), Some("unauthorized_scope_error"));
    let (status, place) = visit(&scene, "openid", Some("accept")).await;
    assert!(status == 302 && part(&place, "code").is_some(), "{place}");
}

#[tokio::test]
async fn a_code_counts_once_and_scopes_come_back_with_commas() {
    let scene = Scene::new().await;
    let given = code(&scene).await;
    let fields = [("grant_type", "authorization_code"), ("code", given.as_str())];
    assert_eq!(token(&scene, &[fields[0], fields[1], ("client_secret", "x")]).await.1["error"], "invalid_client");
    let (status, told) = token(&scene, &fields).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["scope"], SCOPES.join(","));
    assert_eq!((told["expires_in"].as_i64(), told.get("refresh_token")), (Some(5_184_000), None));
    assert_eq!(token(&scene, &fields).await.1["error"], "invalid_request", "used");
    let given = code(&scene).await;
    scene.platform.advance(Duration::from_mins(31));
    assert_eq!(token(&scene, &[fields[0], ("code", &given)]).await.1["error"], "invalid_request", "too old");
}

#[tokio::test]
async fn only_partners_renew_and_their_year_does_not_begin_again() {
    let scene = Scene::new().await;
    let renewal = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    assert_eq!(token(&scene, &renewal).await.1["error"], "unauthorized_client");
    scene.platform.create_app(App { refresh_tokens: true, ..App::new(CLIENT, SECRET) });
    assert_eq!(token(&scene, &renewal).await.1["error"], "invalid_grant");
    let given = code(&scene).await;
    let (_, told) = token(&scene, &[("grant_type", "authorization_code"), ("code", &given)]).await;
    let refresh = told["refresh_token"].as_str().unwrap();
    scene.platform.advance(Duration::from_hours(24 * 59));
    let (_, told) = token(&scene, &[renewal[0], ("refresh_token", refresh)]).await;
    let left = told["refresh_token_expires_in"].as_i64().unwrap();
    assert!((305 * 86_400..=306 * 86_400).contains(&left), "{left}");
    scene.platform.remove_app(CLIENT, ADMIN);
    assert_eq!(token(&scene, &[renewal[0], ("refresh_token", refresh)]).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_token_lives_sixty_days_and_may_be_refused_while_young() {
    let scene = Scene::new().await;
    let (status, me) = scene.get("v2/userinfo").await;
    assert_eq!((status, me["sub"].as_str(), me["name"].as_str()), (200, Some(ADMIN), Some("Dana Doe")));
    assert!(me["locale"].is_object() && me.get("email").is_none(), "{me}");
    scene.platform.remove_app(CLIENT, ADMIN);
    let (status, told) = scene.get("v2/userinfo").await;
    assert_eq!((status, told["serviceErrorCode"].as_i64()), (401, Some(65_601)));

    let young =
        Scene::with(LinkedInOptions { young_tokens_refused: Duration::from_secs(5), ..LinkedInOptions::default() });
    let young = young.await;
    let given = code(&young).await;
    let (_, told) = token(&young, &[("grant_type", "authorization_code"), ("code", &given)]).await;
    let scene = Scene { token: told["access_token"].as_str().unwrap().to_owned(), ..young };
    assert_eq!(scene.get("v2/userinfo").await.1["serviceErrorCode"], 65_601);
    scene.platform.advance(Duration::from_secs(5));
    assert_eq!(scene.get("v2/userinfo").await.0, 200);
    scene.platform.advance(Duration::from_hours(24 * 60));
    assert_eq!(scene.get("v2/userinfo").await.1["code"], "EXPIRED_ACCESS_TOKEN");
}

/// Of others a name is told at best: to an administrator whose page they commented on.
#[tokio::test]
async fn members_are_kept_secret() {
    let scene = Scene::new().await;
    let path = format!("rest/people/(id:{ADA})");
    assert_eq!(scene.get(&path).await.0, 403);
    let post = scene.platform.post(super::PAGE, "Our spring release is out");
    scene.platform.comment(ADA, &post, "Great work!").unwrap();
    let (status, told) = scene.get(&path).await;
    assert_eq!((status, told["localizedFirstName"].as_str()), (200, Some("Ada")));
}
