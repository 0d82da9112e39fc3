//! The sign-in: its page, codes, refresh tokens, errors, and what tokens allow.

use super::receiver::claims;
use super::{CLIENT, FAR, ME, OTHER_TENANT, SECRET, Scene, TENANT};
use hub_simulators::teams::{App, Consent, Trouble};
use serde_json::{Value, json};
use std::time::Duration;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "https://hub.test/back";
const ASKED: &str = "Chat.ReadWrite ChatMessage.Send User.Read offline_access openid profile";

async fn visit(scene: &Scene, tenant: &str, more: &[(&str, &str)], form: &[(&str, &str)]) -> (u16, String) {
    let mut url = url::Url::parse(&format!("{}/{tenant}/oauth2/v2.0/authorize", scene.platform.base_url())).unwrap();
    let mut fields: Vec<(&str, &str)> = vec![
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
        ("scope", ASKED),
        ("state", "s t&1"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    url.query_pairs_mut().extend_pairs(fields).extend_pairs(more);
    let request = if form.is_empty() { scene.http.get(url) } else { scene.http.post(url).form(form) };
    let answer = request.send().await.unwrap();
    let place = answer.headers().get("location").map(|place| place.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
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
    part(&visit(scene, "organizations", &[], &[]).await.1, "code").unwrap()
}

async fn token(scene: &Scene, tenant: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/{tenant}/oauth2/v2.0/token", scene.platform.base_url());
    let own = [("client_id", CLIENT), ("client_secret", SECRET)];
    let own = own.iter().filter(|(name, _)| fields.iter().all(|(other, _)| other != name));
    let all: Vec<(&str, &str)> = own.chain(fields).copied().collect();
    let answer = scene.http.post(url).form(&all).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn exchange(scene: &Scene, code: &str, verifier: &str) -> (u16, Value) {
    let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK)];
    let fields: Vec<_> = fields.into_iter().chain([("code_verifier", verifier), ("scope", ASKED)]).collect();
    token(scene, "organizations", &fields).await
}

async fn refresh(scene: &Scene, value: &str) -> (u16, Value) {
    token(scene, "organizations", &[("grant_type", "refresh_token"), ("refresh_token", value)]).await
}

#[tokio::test]
async fn the_page_offers_people_and_they_decide() {
    let scene = Scene::new().await;
    let (status, page) = visit(&scene, "organizations", &[("login_hint", "robin@example.onmicrosoft.com")], &[]).await;
    assert_eq!(status, 200);
    for words in ["Harper Lane", "Robin Kline", "Far Away", ">Accept<", ">Cancel<", "<li>Chat.ReadWrite</li>"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("checked> Robin Kline"), "the hint chooses");
    let (_, page) = visit(&scene, OTHER_TENANT, &[], &[]).await;
    assert!(page.contains("Far Away") && !page.contains("Harper"));
    let (status, place) = visit(&scene, "organizations", &[], &[("decision", "refuse")]).await;
    assert_eq!((status, part(&place, "error").as_deref()), (302, Some("access_denied")));
    assert!(part(&place, "error_description").unwrap().starts_with("AADSTS65004"));
    assert_eq!(part(&place, "state").as_deref(), Some("s t&1"));
    let (_, place) = visit(&scene, "organizations", &[], &[("decision", "accept"), ("user", FAR)]).await;
    let (status, tokens) = exchange(&scene, &part(&place, "code").unwrap(), VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(tokens["scope"], "Chat.ReadWrite ChatMessage.Send User.Read profile openid email");
    assert!((3_600..5_400).contains(&tokens["expires_in"].as_i64().unwrap()));
    let told = claims(scene.platform.base_url(), tokens["id_token"].as_str().unwrap()).await.unwrap();
    assert_eq!(told["iss"], format!("https://login.microsoftonline.com/{OTHER_TENANT}/v2.0"));
    assert_eq!([&told["aud"], &told["oid"], &told["tid"], &told["nonce"]], [CLIENT, FAR, OTHER_TENANT, "n-1"]);
    let token = tokens["access_token"].as_str().unwrap();
    let (_, me) = scene.call(reqwest::Method::GET, "me", token, &Value::Null).await;
    assert_eq!(me["id"], FAR);
}

#[tokio::test]
async fn what_an_app_asks_for_wrongly_does_not_come_back_to_it() {
    let scene = Scene::new().await;
    scene.platform.consent(Consent::Accept, Some(ME));
    for wrong in [("client_id", "nobody"), ("redirect_uri", "https://evil.test/"), ("response_type", "token")] {
        let (status, page) = visit(&scene, "common", &[wrong], &[]).await;
        assert!(status == 400 && page.contains("AADSTS"), "{wrong:?}: {status}");
    }
    let (status, place) = visit(&scene, "common", &[("scope", "")], &[]).await;
    assert_eq!((status, part(&place, "error").as_deref()), (302, Some("invalid_request")));
    assert_eq!(visit(&scene, OTHER_TENANT, &[], &[]).await.0, 400, "not of this tenant");
    let (status, page) = visit(&scene, "common", &[("response_mode", "form_post")], &[]).await;
    assert!(status == 200 && page.contains("action=\"https://hub.test/back\"") && page.contains("name=\"code\""));
    scene.platform.consent(Consent::Ask, None);
    let (_, place) = visit(&scene, "common", &[("prompt", "none")], &[]).await;
    assert_eq!(part(&place, "error").as_deref(), Some("login_required"));
    scene.platform.consent(Consent::AdminNeeded, None);
    let (_, place) = visit(&scene, "common", &[], &[]).await;
    assert!(part(&place, "error_description").unwrap().starts_with("AADSTS90094"));
}

#[tokio::test]
async fn codes_are_good_once_for_ten_minutes_with_their_verifier() {
    let scene = Scene::new().await;
    let first = code(&scene).await;
    let (status, told) = exchange(&scene, &first, "another").await;
    assert_eq!((status, &told["error"], &told["error_codes"]), (400, &json!("invalid_grant"), &json!([501_481])));
    assert_eq!(exchange(&scene, &first, VERIFIER).await.1["error_codes"], json!([54_005]), "it was used");
    let late = code(&scene).await;
    scene.platform.advance(Duration::from_secs(601));
    assert_eq!(exchange(&scene, &late, VERIFIER).await.1["error_codes"], json!([70_008]));
    let good = code(&scene).await;
    scene.platform.advance(Duration::from_secs(599));
    let (status, told) = exchange(&scene, &good, VERIFIER).await;
    assert_eq!(status, 200, "{told}");
    assert!(told["error_description"].is_null() && told["refresh_token"].is_string());
}

#[tokio::test]
async fn refresh_tokens_rotate_and_the_older_ones_stay_good() {
    let scene = Scene::new().await;
    let first = exchange(&scene, &code(&scene).await, VERIFIER).await.1["refresh_token"].as_str().unwrap().to_owned();
    let (status, told) = refresh(&scene, &first).await;
    let second = told["refresh_token"].as_str().unwrap().to_owned();
    assert!(status == 200 && second != first);
    assert_eq!(scene.platform.refreshes(ME), 1);
    assert!(scene.platform.tokens().contains(&second));
    scene.platform.advance(Duration::from_hours(24 * 60));
    assert_eq!(refresh(&scene, &first).await.0, 200, "the older one");
    scene.platform.advance(Duration::from_hours(24 * 60));
    assert_eq!(refresh(&scene, &first).await.0, 200, "use prolongs its life");
    let (status, told) = refresh(&scene, &second).await;
    assert_eq!((status, &told["error_codes"]), (400, &json!([700_082])), "ninety days without use");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", first.as_str()), ("scope", "Mail.Read")];
    assert_eq!(token(&scene, "organizations", &fields).await.1["suberror"], "consent_required");
    assert_eq!(token(&scene, OTHER_TENANT, &fields[..2]).await.1["error"], "invalid_grant");
    assert_eq!(token(&scene, TENANT, &fields[..2]).await.0, 200);
}

#[tokio::test]
async fn troubles_of_a_grant_have_errors_of_their_own_until_the_next_sign_in() {
    let scene = Scene::new().await;
    let value = exchange(&scene, &code(&scene).await, VERIFIER).await.1["refresh_token"].as_str().unwrap().to_owned();
    scene.platform.trouble(ME, Some(Trouble::Revoked));
    let (status, told) = refresh(&scene, &value).await;
    assert_eq!((status, told["error"].as_str()), (400, Some("invalid_grant")));
    let words = told["error_description"].as_str().unwrap();
    assert!(words.starts_with("AADSTS50173: ") && words.contains(told["trace_id"].as_str().unwrap()));
    scene.platform.trouble(ME, Some(Trouble::Interaction { claims: Some("{\"access_token\":{}}".to_owned()) }));
    let told = refresh(&scene, &value).await.1;
    assert_eq!([&told["error"], &told["suberror"]], ["interaction_required", "basic_action"]);
    assert_eq!(told["claims"], "{\"access_token\":{}}");
    code(&scene).await;
    assert_eq!(refresh(&scene, &value).await.0, 200, "signing in heals");
}

#[tokio::test]
async fn an_app_without_a_good_secret_gets_nothing() {
    let scene = Scene::new().await;
    let grant = ("grant_type", "refresh_token");
    let (status, told) = token(&scene, "common", &[grant, ("client_secret", "wrong")]).await;
    assert_eq!((status, &told["error"], &told["error_codes"]), (401, &json!("invalid_client"), &json!([7_000_215])));
    let (status, told) = token(&scene, "common", &[grant, ("client_id", "nobody")]).await;
    assert_eq!((status, told["error"].as_str()), (400, Some("unauthorized_client")));
    assert_eq!(token(&scene, "common", &[("grant_type", "password")]).await.1["error"], "unsupported_grant_type");
    scene.platform.create_app(App { secret_expired: true, ..App::new(CLIENT, SECRET) });
    assert_eq!(token(&scene, "common", &[grant]).await.1["error_codes"], json!([7_000_222]));
}

#[tokio::test]
async fn tokens_run_out_are_challenged_and_allow_what_was_granted() {
    let scene = Scene::new().await;
    let small = scene.platform.grant(CLIENT, ME, &["https://graph.microsoft.com/User.Read"]);
    let small = small["access_token"].as_str().unwrap();
    assert_eq!(scene.call(reqwest::Method::GET, "me", small, &Value::Null).await.0, 200);
    let (status, told) = scene.call(reqwest::Method::GET, "me/chats", small, &Value::Null).await;
    assert_eq!((status, told["error"]["code"].as_str()), (403, Some("Forbidden")));
    scene.platform.challenge(ME, Some("eyJhIjoxfQ=="));
    let answer = scene.raw(reqwest::Method::GET, scene.url("me"), &scene.token, &Value::Null).await;
    assert_eq!(answer.status(), 401);
    assert!(answer.headers()["www-authenticate"].to_str().unwrap().contains("claims=\"eyJhIjoxfQ==\""));
    scene.platform.consent(Consent::Accept, Some(ME));
    visit(&scene, "organizations", &[], &[]).await;
    assert_eq!(scene.get("me").await.0, 401, "the claims are missing");
    visit(&scene, "organizations", &[("claims", "{}")], &[]).await;
    assert_eq!(scene.get("me").await.0, 200);
    scene.platform.expire_tokens(ME);
    let (status, told) = scene.get("me").await;
    assert_eq!((status, told["error"]["code"].as_str()), (401, Some("InvalidAuthenticationToken")));
    assert!(told["error"]["innerError"]["request-id"].is_string());
}

#[tokio::test]
async fn the_configuration_names_keys_that_change() {
    let scene = Scene::new().await;
    let base = scene.platform.base_url();
    let get = async |url: String| -> Value { scene.http.get(url).send().await.unwrap().json().await.unwrap() };
    let told = get(format!("{base}/organizations/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(told["issuer"], "https://login.microsoftonline.com/{tenantid}/v2.0");
    assert_eq!(told["token_endpoint"], format!("{base}/organizations/oauth2/v2.0/token"));
    let before = get(told["jwks_uri"].as_str().unwrap().to_owned()).await;
    scene.platform.rotate_key().unwrap();
    let after = get(told["jwks_uri"].as_str().unwrap().to_owned()).await;
    assert_eq!((before["keys"].as_array().unwrap().len(), after["keys"].as_array().unwrap().len()), (1, 2));
    assert_eq!(after["keys"][0], before["keys"][0]);
    let tokens = exchange(&scene, &code(&scene).await, VERIFIER).await.1;
    claims(base, tokens["id_token"].as_str().unwrap()).await.expect("signed with the newer key");
}
