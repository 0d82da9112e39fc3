//! Logins with Facebook and with Instagram: the dialogs, codes, tokens, proofs, and what ends them.

use crate::meta_support::{APP, SECRET, client, read, refusal, write};
use aws_lc_rs::hmac;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Form, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_simulators::facebook::{self, FacebookHandle, FacebookOptions, Page};
use hub_simulators::instagram::{self, InstagramHandle, InstagramOptions};
use hub_simulators::meta::{App, DialogMode, Expiry, Fault, HostedFile};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const BACK: &str = "https://hub.example/callback?x=1";
const PERSON: &str = "1207059";
const DAY: Duration = Duration::from_hours(24);

async fn facebook() -> FacebookHandle {
    let platform = facebook::start(FacebookOptions::default()).await.expect("starts");
    platform.meta().create_app(App::new(APP, SECRET));
    platform.create_page(PERSON, Page::new("100", "One").with_instagram("17841405822304914", "cisco"));
    platform.create_page(PERSON, Page::new("200", "Two"));
    platform
}

async fn instagram() -> InstagramHandle {
    let platform = instagram::start(InstagramOptions::default()).await.expect("starts");
    platform.meta().create_app(App::new("990602627938098", SECRET));
    platform.create_account("17841405822304914", "cisco.dog.shop");
    platform
}

fn dialog(base: &str, path: &str, client_id: &str, scope: &str) -> String {
    let mut url = url::Url::parse(&format!("{base}/{path}")).unwrap();
    url.query_pairs_mut()
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", BACK)
        .append_pair("state", "st&te=1")
        .append_pair("response_type", "code")
        .append_pair("scope", scope);
    url.into()
}

/// Where an answer leads: its parameters, and its fragment.
fn led(answer: &reqwest::Response) -> (HashMap<String, String>, Option<String>) {
    assert_eq!(answer.status().as_u16(), 302);
    let url = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(url.as_str().starts_with("https://hub.example/callback?x=1&"));
    let fragment = url.fragment().map(str::to_owned);
    (url.query_pairs().into_owned().collect(), fragment)
}

async fn get(base: &str, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
    let answer = client().get(format!("{base}/{path}")).query(query).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn the_dialog_asks_and_grants_what_was_ticked() {
    let platform = facebook().await;
    let scope = "pages_show_list,pages_messaging";
    let url = dialog(platform.dialog_base_url(), "v25.0/dialog/oauth", APP, scope);
    let page = client().get(&url).send().await.unwrap().text().await.unwrap();
    for part in ["Accept", "Refuse", "name=\"asset\" value=\"100\"", "name=\"asset\" value=\"200\"", "pages_messaging"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let form = [
        ("client_id", APP),
        ("redirect_uri", BACK),
        ("state", "st&te=1"),
        ("scope", scope),
        ("user", PERSON),
        ("asset", "200"),
        ("granted_scope", "pages_show_list"),
        ("decision", "accept"),
    ];
    let (told, _) = led(&client().post(&url).form(&form).send().await.unwrap());
    assert_eq!(told["state"], "st&te=1");
    let base = platform.graph_base_url();
    let exchange = |redirect: &'static str, code: String| async move {
        let query =
            [("client_id", APP), ("client_secret", SECRET), ("redirect_uri", redirect), ("code", code.as_str())];
        get(base, "v25.0/oauth/access_token", &query).await
    };
    let (status, answer) = exchange("https://hub.example/callback", told["code"].clone()).await;
    assert_eq!((status, refusal(&answer)), (400, (100, 36_008)), "byte for byte");
    let (status, answer) = exchange(BACK, told["code"].clone()).await;
    assert_eq!((status, &answer["token_type"]), (200, &json!("bearer")));
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(refusal(&exchange(BACK, told["code"].clone()).await.1), (100, 36_009), "once");

    let (_, accounts) = read(base, "me/accounts?fields=id,name,tasks,instagram_business_account", token).await;
    assert_eq!(accounts["data"].as_array().map(Vec::len), Some(1));
    assert_eq!((&accounts["data"][0]["id"], &accounts["data"][0]["name"]), (&json!("200"), &json!("Two")));
    assert!(accounts["data"][0].get("access_token").is_none(), "only what was asked for");
    let (_, debug) = read(base, &format!("debug_token?input_token={token}"), &App::new(APP, SECRET).token()).await;
    assert_eq!(debug["data"]["scopes"], json!(["pages_show_list"]));
    assert_eq!(debug["data"]["granular_scopes"][0]["target_ids"], json!(["200"]));
    assert_eq!(debug["data"]["is_valid"], true);
}

#[tokio::test]
async fn a_refusal_and_an_instant_answer_lead_back() {
    let platform = facebook().await;
    let url = dialog(platform.dialog_base_url(), "dialog/oauth", APP, "pages_messaging");
    platform.meta().dialog_mode(DialogMode::Refuse, None);
    let (told, _) = led(&client().get(&url).send().await.unwrap());
    assert_eq!((told["error"].as_str(), told["error_code"].as_str()), ("access_denied", "200"));
    assert_eq!((told["error_reason"].as_str(), told["state"].as_str()), ("user_denied", "st&te=1"));
    assert!(told.contains_key("error_description") && !told.contains_key("code"));
    platform.meta().dialog_mode(DialogMode::Accept, Some(PERSON));
    assert!(led(&client().get(&url).send().await.unwrap()).0.contains_key("code"));

    let answer = client().get(dialog(platform.dialog_base_url(), "dialog/oauth", "404", "x")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 400);
    let mut strict = App::new(APP, SECRET);
    strict.redirect_uris = vec!["https://elsewhere.example/".to_owned()];
    platform.meta().create_app(strict);
    assert_eq!(client().get(&url).send().await.unwrap().status().as_u16(), 400, "an address that is not listed");
}

#[tokio::test]
async fn page_tokens_of_a_long_lived_login_have_no_end_and_die_with_the_permissions() {
    let platform = facebook().await;
    let base = platform.graph_base_url();
    platform.meta().dialog_mode(DialogMode::Accept, None);
    let url = dialog(base, "dialog/oauth", APP, "pages_show_list,pages_messaging");
    let (told, _) = led(&client().get(&url).send().await.unwrap());
    let query =
        [("client_id", APP), ("client_secret", SECRET), ("redirect_uri", BACK), ("code", told["code"].as_str())];
    let (_, short) = get(base, "oauth/access_token", &query).await;
    let short = short["access_token"].as_str().unwrap();
    let query = [
        ("grant_type", "fb_exchange_token"),
        ("client_id", APP),
        ("client_secret", SECRET),
        ("fb_exchange_token", short),
    ];
    let (_, long) = get(base, "v24.0/oauth/access_token", &query).await;
    assert_eq!(long["expires_in"], 5_183_944);
    let long = long["access_token"].as_str().unwrap();
    let (_, first) = read(base, "me/accounts?limit=1", long).await;
    assert!(first["paging"]["next"].is_string());
    let after = first["paging"]["cursors"]["after"].as_str().unwrap();
    let (_, second) = read(base, &format!("me/accounts?limit=1&after={after}"), long).await;
    assert_eq!((&first["data"][0]["id"], &second["data"][0]["id"]), (&json!("100"), &json!("200")));
    assert!(second["paging"].get("next").is_none());

    let fields = "me/accounts?fields=instagram_business_account";
    let (_, bare) = read(base, fields, long).await;
    assert_eq!(bare["data"][0]["instagram_business_account"], json!({"id": "17841405822304914"}));
    let (_, nested) = read(base, &format!("{fields}{{username}}"), long).await;
    assert_eq!(nested["data"][0]["instagram_business_account"]["username"], "cisco");
    let page_token = first["data"][0]["access_token"].as_str().unwrap();
    platform.meta().advance(DAY * 61);
    let (status, answer) = read(base, "me", long).await;
    assert_eq!((status, refusal(&answer)), (400, (190, 463)));
    assert_eq!(refusal(&get(base, "oauth/access_token", &query).await.1).0, 190, "an ended token is not exchanged");
    assert_eq!(read(base, "me", page_token).await.0, 200);
    let (_, debug) = read(base, &format!("debug_token?input_token={page_token}"), &App::new(APP, SECRET).token()).await;
    assert_eq!((&debug["data"]["type"], &debug["data"]["expires_at"]), (&json!("PAGE"), &json!(0)));

    let gone = client().delete(format!("{base}/me/permissions")).bearer_auth(page_token).send().await.unwrap();
    assert_eq!(gone.json::<Value>().await.unwrap(), json!({"success": true}));
    assert_eq!(refusal(&read(base, "me", page_token).await.1), (190, 458));
}

#[tokio::test]
async fn a_proof_of_the_secret_is_checked_and_can_be_required() {
    let platform = facebook().await;
    let base = platform.graph_base_url();
    let mut token = platform.page_token(APP, PERSON, "100");
    token.value = "EAABkWcjFixturePageToken1".to_owned();
    let token = platform.meta().issue_token(token).value;
    let proof = "d7a12988916a1151c23f08efd0ec7fd4ead46a53772b0e4aa9f57a0d5145bd91";
    assert_eq!(read(base, &format!("me?appsecret_proof={proof}"), &token).await.0, 200);
    assert_eq!(read(base, "me", &token).await.0, 200);
    assert_eq!(refusal(&read(base, "me?appsecret_proof=00", &token).await.1).0, 100);
    platform.meta().create_app(App { require_proof: true, ..App::new(APP, SECRET) });
    assert_eq!(refusal(&read(base, "me", &token).await.1).0, 100);
    assert_eq!(read(base, &format!("me?appsecret_proof={proof}"), &token).await.0, 200);
    assert_eq!(get(base, "me", &[("access_token", token.as_str()), ("appsecret_proof", proof)]).await.0, 200);
    assert_eq!(refusal(&read(base, "me", "EAABnonsense").await.1).0, 190);
    let logged = platform.meta().requests();
    assert!(logged.iter().all(|request| !format!("{request:?}").contains(&token)), "no token is written down");
}

#[tokio::test]
async fn instagram_codes_become_short_then_long_tokens_that_are_renewed() {
    let platform = instagram().await;
    let base = platform.graph_base_url();
    let scope = "instagram_business_basic,instagram_business_manage_messages";
    let url = dialog(platform.dialog_base_url(), "oauth/authorize", "990602627938098", scope);
    assert!(client().get(&url).send().await.unwrap().text().await.unwrap().contains("cisco.dog.shop"));
    platform.meta().dialog_mode(DialogMode::Refuse, None);
    let (told, _) = led(&client().get(&url).send().await.unwrap());
    assert_eq!((told["error"].as_str(), told["error_reason"].as_str()), ("access_denied", "user_denied"));
    platform.meta().dialog_mode(DialogMode::Accept, None);
    let (told, fragment) = led(&client().get(&url).send().await.unwrap());
    assert_eq!(fragment.as_deref(), Some("_"));

    let exchange = |code: String| {
        let form = [
            ("client_id", "990602627938098".to_owned()),
            ("client_secret", SECRET.to_owned()),
            ("grant_type", "authorization_code".to_owned()),
            ("redirect_uri", BACK.to_owned()),
            ("code", code),
        ];
        let url = format!("{}/oauth/access_token", platform.api_base_url());
        async move {
            let answer = client().post(url).form(&form).send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        }
    };
    let (status, answer) = exchange(format!("{}#_", told["code"])).await;
    assert_eq!((status, &answer["error_type"], &answer["code"]), (400, &json!("OAuthException"), &json!(400)));
    let (_, answer) = exchange(told["code"].clone()).await;
    assert_eq!(
        (&answer["data"][0]["user_id"], &answer["data"][0]["permissions"]),
        (&json!("17841405822304914"), &json!(scope))
    );
    let short = answer["data"][0]["access_token"].as_str().unwrap().to_owned();
    assert!(exchange(told["code"].clone()).await.1["error_message"].is_string(), "once");
    let (_, me) = read(base, "me?fields=user_id,username,account_type", &short).await;
    assert_eq!(me["user_id"], "17841405822304914");
    assert_ne!(me["id"], me["user_id"]);

    let long = |secret: &'static str, token: String| async move {
        let query = [("grant_type", "ig_exchange_token"), ("client_secret", secret), ("access_token", token.as_str())];
        get(base, "access_token", &query).await
    };
    assert_eq!(long("wrong", short.clone()).await.0, 400);
    let (_, answer) = long(SECRET, short.clone()).await;
    assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(5_183_944), &json!("bearer")));
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let renew = |token: String| async move {
        let query = [("grant_type", "ig_refresh_token"), ("access_token", token.as_str())];
        get(base, "refresh_access_token", &query).await
    };
    assert_eq!(renew(token.clone()).await.0, 400, "not before it is a day old");
    platform.meta().advance(DAY);
    assert_eq!(refusal(&long(SECRET, short).await.1), (190, 463), "a short one lives an hour");
    let (status, renewed) = renew(token.clone()).await;
    assert_eq!((status, renewed["access_token"] == json!(token)), (200, false));
    platform.meta().advance(DAY * 61);
    let (status, answer) = renew(token).await;
    assert_eq!((status, refusal(&answer)), (401, (190, 463)));
    let (status, answer) = write(base, "me/messages", "EAABpageToken", &json!({})).await;
    assert_eq!(
        (status, refusal(&answer).0, &answer["error"]["message"]),
        (400, 190, &json!("Cannot parse access token"))
    );
}

#[tokio::test]
async fn a_flat_answer_to_a_code_can_be_asked_for() {
    let platform = instagram().await;
    platform.answer_codes_flat(true);
    platform.meta().dialog_mode(DialogMode::Accept, None);
    let url = dialog(platform.dialog_base_url(), "oauth/authorize", "990602627938098", "instagram_business_basic");
    let (told, _) = led(&client().get(&url).send().await.unwrap());
    let form = [
        ("client_id", "990602627938098"),
        ("client_secret", SECRET),
        ("grant_type", "authorization_code"),
        ("redirect_uri", BACK),
        ("code", told["code"].as_str()),
    ];
    let url = format!("{}/oauth/access_token", platform.api_base_url());
    let answer: Value = client().post(url).form(&form).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["user_id"], 17_841_405_822_304_914_u64);
    assert_eq!(answer["permissions"], json!(["instagram_business_basic"]));
}

async fn removed(State(seen): State<Arc<Mutex<Vec<String>>>>, Form(form): Form<HashMap<String, String>>) -> StatusCode {
    seen.lock().unwrap().push(form["signed_request"].clone());
    StatusCode::OK
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_removes_the_app_kills_its_tokens_and_the_app_is_told() {
    let platform = facebook().await;
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/gone", listener.local_addr().unwrap());
    let router = Router::new().route("/gone", post(removed)).with_state(seen.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    platform.meta().create_app(App {
        deauthorize_url: Some(url.clone()),
        data_deletion_url: Some(url),
        ..App::new(APP, SECRET)
    });
    let token = platform.page_token(APP, PERSON, "100").value;
    assert_eq!(platform.meta().remove_app(APP, PERSON).await, Some(200));
    assert_eq!(refusal(&read(platform.graph_base_url(), "me", &token).await.1), (190, 458));
    assert_eq!(platform.meta().request_deletion(APP, PERSON).await, Some(200));
    let signed = seen.lock().unwrap().clone();
    assert_eq!(signed.len(), 2);
    for request in signed {
        let (signature, payload) = request.split_once('.').unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        hmac::verify(&key, payload.as_bytes(), &signature).expect("signed with the app's secret");
        let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        assert_eq!((&payload["user_id"], &payload["algorithm"]), (&json!(PERSON), &json!("HMAC-SHA256")));
    }
}

#[tokio::test]
async fn files_can_demand_a_token_and_answers_can_be_late() {
    let platform = facebook().await;
    let base = platform.graph_base_url();
    let token = platform.page_token(APP, PERSON, "100").value;
    let file = HostedFile { name: "a b.ogg".to_owned(), mime: "audio/ogg".to_owned(), bytes: "ogg".into() };
    let expiry = Expiry { after: Duration::from_mins(5), status: 404, token: true };
    let url = platform.meta().host_file(file, expiry);
    assert_eq!(client().get(&url).send().await.unwrap().status().as_u16(), 401);
    assert_eq!(client().get(&url).bearer_auth("nonsense").send().await.unwrap().status().as_u16(), 401);
    let good = client().get(&url).bearer_auth(&token).send().await.unwrap();
    assert_eq!((good.status().as_u16(), &good.headers()["content-type"]), (200, &"audio/ogg".parse().unwrap()));
    assert_eq!(good.text().await.unwrap(), "ogg");
    platform.meta().advance(Duration::from_mins(5));
    assert_eq!(client().get(&url).bearer_auth(&token).send().await.unwrap().status().as_u16(), 404);

    let (late, body) = (Duration::from_millis(60), "<html>".to_owned());
    platform.meta().fault("me", Fault::Hang(late));
    let headers = [("X-App-Usage", "{}"), ("Content-Type", "text/html")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let raw = Fault::Raw { status: 503, headers, body: body.into() };
    // By its whole path.
    platform.meta().fault("/another/thing", raw.clone());
    platform.meta().fault("*", raw);
    let asked = Instant::now();
    assert_eq!(read(base, "me", &token).await.0, 200);
    assert!(asked.elapsed() >= late);
    let raw = client().get(format!("{base}/anything")).send().await.unwrap();
    assert_eq!(
        (&raw.headers()["x-app-usage"], &raw.headers()["content-type"]),
        (&"{}".parse().unwrap(), &"text/html".parse().unwrap())
    );
    assert_eq!((raw.status().as_u16(), raw.text().await.unwrap().as_str()), (503, "<html>"));
    assert_eq!(platform.meta().faults_left(), 1);
    let other = client().get(format!("{base}/v25.0/another/thing")).send().await.unwrap();
    assert_eq!((other.status().as_u16(), platform.meta().faults_left()), (503, 0));
}
