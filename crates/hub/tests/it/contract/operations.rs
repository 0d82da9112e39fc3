//! Running it: ports, pages, the usage log, routes, polling, starting and stopping (D52, D56–D58, D60, D62, S27, C2, C11, C19).

use super::scene::{NOBODYS, Scene, ask, binary, browser, everywhere, header};
use crate::conformance::twitter::Twitter;
use futures_util::StreamExt;
use hub_simulators::telegram::Fault;
use hub_testkit::conformance::Stage;
use hub_testkit::conformance::subject::Subject;
use hub_testkit::database::engines;
use hub_testkit::{Database, HubProcess, eventually, eventually_seen, eventually_within, free_port};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

/// The hub says goodbye to everybody within this time.
const STOP: Duration = Duration::from_secs(15);
/// So long a platform takes for one call.
const SLOW: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d52_the_platforms_that_do_not_tell_everything_are_asked_every_minute() {
    let template = std::process::Command::new(binary()).arg("config").output().expect("it runs");
    let template = String::from_utf8(template.stdout).expect("text");
    let line = template.lines().find(|line| line.contains("poll_interval_seconds =")).expect("a setting");
    assert!(line.ends_with("60"), "{line}");
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    let (_, cards) = user.get("/api/platforms").await;
    for card in cards["platforms"].as_array().expect("a list") {
        let asked = ["twitter", "linkedin", "teams"].contains(&card["platform"].as_str().expect("a name"));
        let regularly = card["history"] == "regularly";
        assert_eq!(regularly, asked, "{card}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c11_asking_goes_on_run_after_run() {
    for engine in engines() {
        let stage = Stage::<Twitter>::linked(binary(), engine).await;
        stage.past_is_read_back().await;
        // Deliveries do not get through: what is heard was asked for.
        stage.subject.platform.hold(true, false);
        let subject = &stage.subject;
        let (account, person) = (subject.account(0), subject.person(1));
        for number in 1..=3 {
            let words = format!("run {number}");
            subject.say(&account, &person, &words);
            // Its time comes: a minute, which nobody waits for here.
            let due =
                "UPDATE hub_jobs SET run_at = '2020-01-01T00:00:00.000000Z' WHERE kind = 'poll' AND state = 'ready'";
            eventually("the next run is planned", async || (stage.database.change(due).await == 1).then_some(())).await;
            let found = eventually_within(Duration::from_mins(1), &words, async || stage.find(&words).await).await;
            assert_eq!(found["isOutgoing"], false);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d56_the_port_is_3000_unless_set() {
    let template = std::process::Command::new(binary()).arg("config").output().expect("it runs");
    let template = String::from_utf8(template.stdout).expect("text");
    let line = template.lines().find(|line| line.trim_start_matches('#').starts_with("port =")).expect("a setting");
    assert!(line.ends_with("3000"), "{line}");
    let port = free_port().to_string();
    let scene = Scene::open_with(&[("PORT", &port)]).await;
    assert!(scene.client().base().ends_with(&format!(":{port}")));
    assert_eq!(scene.client().get("/health").await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d57_a_configured_front_end_is_served_with_its_pages() {
    let dist = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dist.path().join("assets")).expect("a folder");
    std::fs::write(dist.path().join("index.html"), "<!doctype html><title>front end</title>").expect("a file");
    std::fs::write(dist.path().join("assets/app-1a2b.js"), "export const a = 1;").expect("a file");
    let folder = dist.path().display().to_string();
    let scene = Scene::open_with(&[("FRONTEND_DIST", &folder)]).await;
    for path in ["/", "/dashboard", "/connect?success=true", "/auth/telegram-phone", "/some/page/of/its/own", "/apis"] {
        let page = ask(&scene.client(), Method::GET, path, &[]).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&page, "content-type"), Some("text/html"), "{path}");
        assert!(page.text().await.expect("text").contains("front end"), "{path}");
    }
    let script = ask(&scene.client(), Method::GET, "/assets/app-1a2b.js", &[]).await;
    assert!(header(&script, "content-type").is_some_and(|kind| kind.contains("javascript")));
    for path in ["/api/nothing", "/api", "/ws/elsewhere"] {
        let answer = ask(&scene.client(), Method::GET, path, &[]).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json::<Value>().await.expect("JSON")["error"]["code"], "NOT_FOUND");
    }
    assert_eq!(scene.client().get("/health").await.1["status"], "ok");
    for path in ["/../hub.db", "/%2e%2e/hub.db", "/assets/..%2f..%2fhub.db"] {
        let answer = ask(&scene.client(), Method::GET, path, &[]).await;
        let text = answer.text().await.unwrap_or_default();
        assert!(!text.contains("SQLite"), "{path}");
    }
    let without = Scene::open().await;
    assert_eq!(ask(&without.client(), Method::GET, "/dashboard", &[]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d58_requests_of_users_and_calls_to_platforms_are_noted() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let user = scene.user("ada@example.com").await;
        assert_eq!(user.get("/api/conversations").await.0, StatusCode::OK);
        assert_eq!(user.get(&format!("/api/messages/{NOBODYS}")).await.0, StatusCode::FORBIDDEN);
        assert_eq!(scene.client().get("/api/conversations").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(user.get(&format!("/api/conversations?offset={}", 5)).await.0, StatusCode::OK);
        let noted =
            "SELECT endpoint FROM api_usage_logs WHERE platform = 'api' AND user_id IS NOT NULL AND account_id IS NULL";
        let rows = eventually("two rows", async || {
            let rows = scene.database.texts(noted).await;
            (rows.len() >= 2).then_some(rows)
        })
        .await;
        let rows: Vec<&str> = rows.iter().flatten().map(String::as_str).collect();
        assert_eq!(
            rows,
            ["GET /api/conversations", "GET /api/conversations"],
            "method and pattern; no failures, no ids"
        );
        calls_are_counted(&Scene::on(engine, &[]).await).await;
    })
    .await;
}

/// One row for an account, a kind of call and an hour; its count grows.
async fn calls_are_counted(scene: &Scene) {
    let talk = scene.talk("hello").await;
    let counted = "SELECT platform || ' ' || CAST(SUM(request_count) AS TEXT) FROM api_usage_logs \
                   WHERE endpoint = 'send_message' AND account_id IS NOT NULL AND user_id IS NOT NULL GROUP BY platform";
    for (words, sum) in [("one", "telegram 1"), ("two", "telegram 2")] {
        assert_eq!(talk.send(words).await.0, StatusCode::CREATED);
        let is_counted = async || {
            let rows = scene.database.texts(counted).await;
            if rows == [Some(sum.to_owned())] { Ok(()) } else { Err(rows) }
        };
        eventually_seen("the call is counted", is_counted).await;
    }
    let rows = scene.database.texts("SELECT endpoint FROM api_usage_logs WHERE endpoint = 'send_message'").await;
    // Two, should the hour have ended between them.
    assert!(rows.len() <= 2 && scene.log().matches("usage rows were not written").count() == 0, "{rows:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c19_a_row_of_the_usage_log_has_every_member_the_table_wants() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let user = scene.user("ada@example.com").await;
        user.get("/api/oauth/accounts").await;
        let whole = "SELECT platform FROM api_usage_logs WHERE platform IS NOT NULL AND endpoint IS NOT NULL AND \
                     request_count = 1 AND \"timestamp\" IS NOT NULL";
        let platform = eventually("a row", async || scene.database.texts(whole).await.into_iter().next()).await;
        assert_eq!(platform.as_deref(), Some("api"));
    })
    .await;
}

/// Every route of the announcement's list.
const ROUTES: [(&str, &str); 38] = [
    ("POST", "/api/auth/register"),
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/refresh"),
    ("POST", "/api/auth/logout"),
    ("GET", "/api/auth/me"),
    ("GET", "/api/oauth/connect/telegram"),
    ("GET", "/api/oauth/callback/telegram"),
    ("POST", "/api/auth/callback/telegram"),
    ("GET", "/api/oauth/accounts"),
    ("DELETE", "/api/oauth/disconnect/ID"),
    ("POST", "/api/oauth/refresh/ID"),
    ("GET", "/api/conversations"),
    ("GET", "/api/conversations/ID"),
    ("GET", "/api/messages"),
    ("GET", "/api/messages/unread/count"),
    ("GET", "/api/messages/ID"),
    ("POST", "/api/messages/ID/send"),
    ("PATCH", "/api/messages/ID/read"),
    ("PATCH", "/api/messages/conversation/ID/read"),
    ("POST", "/api/webhooks/telegram"),
    ("GET", "/api/webhooks/twitter"),
    ("POST", "/api/webhooks/twitter"),
    ("GET", "/api/webhooks/facebook"),
    ("POST", "/api/webhooks/facebook"),
    ("GET", "/api/webhooks/instagram"),
    ("POST", "/api/webhooks/instagram"),
    ("GET", "/api/webhooks/whatsapp"),
    ("POST", "/api/webhooks/whatsapp"),
    ("POST", "/api/webhooks/linkedin"),
    ("POST", "/api/webhooks/teams"),
    ("POST", "/api/telegram/auth/phone"),
    ("POST", "/api/telegram/auth/verify"),
    ("GET", "/api/telegram/ID/dialogs"),
    ("GET", "/api/telegram/ID/messages/1"),
    ("POST", "/api/telegram/ID/send/1"),
    ("POST", "/api/telegram/ID/sync"),
    ("POST", "/api/telegram/ID/reset"),
    ("POST", "/api/debug/polling/ID"),
];
const FURTHER: [(&str, &str); 4] = [
    ("GET", "/api/debug/polling/stats"),
    ("GET", "/api/debug/instagram-config"),
    ("GET", "/health"),
    ("GET", "/api/csrf-token"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d60_every_route_of_the_list_is_there() {
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    for (method, path) in ROUTES.into_iter().chain(FURTHER) {
        let path = path.replace("ID", NOBODYS);
        let method: Method = method.parse().expect("a method");
        let answer = user.request(method.clone(), &path).send().await.expect("an answer");
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        let words = body["error"]["message"].as_str().or(body["error"].as_str()).unwrap_or_default();
        assert!(
            words != "Route not found" && status != StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}: {status} {body}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d62_the_two_recommended_routes_beyond_the_list_are_there() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let (status, limits) = talk.user.get("/api/oauth/rate-limits").await;
        assert_eq!(status, StatusCode::OK);
        let limit = &limits["rateLimits"][0];
        assert_eq!((&limit["accountId"], &limit["platform"]), (&json!(talk.account), &json!("telegram")));
        assert!(
            limit["limit"].as_u64() > limit["remaining"].as_u64().map(|left| left - 1) && limit["windowMs"].is_u64()
        );
        let (status, synced) = talk.user.post("/api/messages/sync", &json!({})).await;
        assert_eq!((status, &synced["success"]), (StatusCode::OK, &json!(true)), "{synced}");
        let result = &synced["accountResults"][0];
        assert_eq!((&result["accountId"], &result["success"]), (&json!(talk.account), &json!(true)));
        assert!(synced["totalMessages"].is_u64() && result["messageCount"].is_u64());
        let (status, _) = talk.user.post("/api/messages/sync", &json!({"since": "yesterday"})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s27_a_hub_that_is_told_to_stop_lets_requests_finish_and_ends() {
    let mut scene = Scene::open().await;
    let talk = scene.talk("Hello").await;
    let base = talk.user.base().to_owned();
    let url = format!("{}/ws/messages/?token={}", base.replacen("http", "ws", 1), talk.user.token());
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.expect("the socket opens");
    let polling = format!("{base}/socket.io/?EIO=4&transport=polling");
    let handshake = browser().get(&polling).send().await.expect("an answer").text().await.expect("text");
    let sid = serde_json::from_str::<Value>(&handshake[1..]).expect("JSON")["sid"].as_str().expect("an id").to_owned();
    let waiting = tokio::spawn(browser().get(format!("{polling}&sid={sid}")).send());
    // The platform takes its time when the signal comes.
    scene.hub.platform.fault("sendMessage", Fault::Hang(SLOW));
    let under_way = {
        let (user, path) = (talk.user.clone(), format!("/api/messages/{}/send", talk.conversation));
        tokio::spawn(async move { user.post(&path, &json!({"content": "under way"})).await })
    };
    eventually("it is under way", async || (scene.hub.platform.faults_left() == 0).then_some(())).await;
    let stop = tokio::process::Command::new("kill").args(["-TERM", &scene.hub.process.id().to_string()]).status().await;
    assert!(stop.expect("it runs").success());
    let farewell = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| u16::from(frame.code)),
                Some(Ok(_)) => {}
                _ => return None,
            }
        }
    };
    let farewell = tokio::time::timeout(STOP, farewell).await.expect("the socket is told");
    assert_eq!(farewell, Some(1001), "going away");
    let (status, sent) = under_way.await.expect("it ran");
    assert_eq!(status, StatusCode::CREATED, "it was let finish: {sent}");
    let _ = waiting.await;
    let end = async {
        while scene.hub.process.is_running() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(STOP, end).await.expect("it ends");
    assert!(browser().get(format!("{base}/health")).send().await.is_err(), "nobody is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c02_a_fresh_database_is_made_once_and_found_again() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let data = database.folder.path().display().to_string();
        let settings = [("HUB_DATA_DIR", data.as_str()), ("DATABASE_URL", database.url.as_str()), ("BCRYPT_COST", "4")];
        let mut known = Vec::new();
        for start in 0..3 {
            let mut hub = HubProcess::start(binary(), &settings).await;
            if start == 0 {
                hub.client().register("ada@example.com").await;
            }
            let user = hub.client().login("ada@example.com").await;
            assert_eq!(user.get("/api/oauth/accounts").await.0, StatusCode::OK);
            let applied = database.texts("SELECT name FROM hub_migrations ORDER BY name").await;
            assert!(applied.len() >= 4 && (known.is_empty() || known == applied), "{applied:?}");
            known = applied;
            hub.kill().await;
        }
    }
}
