//! The page for administrators and what stands behind it (D61): who is let in, what is found, and what is never shown.

use super::scene::{NOBODYS, PASSWORD, PERSON, Scene, Talk, ask, binary, everywhere, header};
use crate::support::BOT_TOKEN;
use hub_testkit::{Client, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Output;

/// Who administers in these tests.
pub(super) const ROOT: &str = "root@example.com";

/// Runs `hub admin …` beside the running hub.
pub(super) async fn on_the_command_line(scene: &Scene, arguments: &[&str]) -> Output {
    let command = tokio::process::Command::new(binary())
        .arg("admin")
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("HUB_DATA_DIR", scene.database.folder.path())
        .env("DATABASE_URL", &scene.database.url)
        .output();
    tokio::time::timeout(hub_testkit::PATIENCE, command).await.expect("in time").expect("it runs")
}

/// An administrator, made as an operator makes one.
pub(super) async fn root(scene: &Scene) -> Client {
    let root = scene.user(ROOT).await;
    let made = on_the_command_line(scene, &["grant", ROOT]).await;
    assert!(made.status.success(), "{made:?}");
    root
}

/// Asks for something that is there.
pub(super) async fn seen(client: &Client, path: &str) -> Value {
    let (status, body) = client.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path} {body}");
    body
}

/// The values of one member in a list.
fn all<'a>(body: &'a Value, list: &str, member: &str) -> Vec<&'a str> {
    let rows = body[list].as_array().unwrap_or_else(|| panic!("no {list} in {body}")).iter();
    rows.map(|row| row[member].as_str().unwrap_or_default()).collect()
}

/// Every route for administrators, and every form of asking it.
fn routes(talk: &Talk) -> Vec<(Method, String)> {
    let Talk { account, conversation, message, .. } = talk;
    let mut routes: Vec<(Method, String)> =
        ["overview", "users", "accounts", "conversations", "messages", "usage", "parked"]
            .into_iter()
            .chain(["messages?text=hello"])
            .map(|path| (Method::GET, format!("/api/admin/{path}")))
            .collect();
    let files = [("accounts", account), ("conversations", conversation), ("messages", message)];
    routes.extend(files.map(|(list, id)| (Method::GET, format!("/api/admin/{list}/{id}"))));
    let nobodys = ["users", "usage", "parked"];
    routes.extend(nobodys.map(|list| (Method::GET, format!("/api/admin/{list}/{NOBODYS}"))));
    routes.push((Method::POST, format!("/api/admin/accounts/{account}/disconnect")));
    let deeds = ["deactivate", "reactivate", "end-sessions", "grant-admin", "take-admin"];
    routes.extend(deeds.map(|deed| (Method::POST, format!("/api/admin/users/{NOBODYS}/{deed}"))));
    routes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d61_administrators_have_a_page_and_see_everybodys_rows_and_nobody_else_does() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello there, 100%").await;
        let (status, sent) = talk.send("An answer").await;
        assert_eq!(status, StatusCode::CREATED, "{sent}");
        let bea = scene.user("bea@example.com").await;
        let root = root(&scene).await;
        the_page_is_an_empty_shell(&scene).await;
        for (method, path) in routes(&talk) {
            let (status, body) = hub_testkit::client::answer(scene.client().request(method.clone(), &path)).await;
            assert_eq!((status.as_u16(), &body["error"]["code"]), (401, &json!("UNAUTHORIZED")), "{method} {path}");
            let (status, body) = hub_testkit::client::answer(bea.request(method.clone(), &path)).await;
            assert_eq!((status.as_u16(), &body["error"]["code"]), (403, &json!("FORBIDDEN")), "{method} {path}");
        }
        users(&root, &talk).await;
        accounts(&root, &talk).await;
        conversations(&root, &talk).await;
        messages(&scene, &root, &talk).await;
        usage(&root).await;
        let overview = seen(&root, "/api/admin/overview").await;
        assert_eq!(overview["counts"]["users"], 3);
        assert_eq!(overview["counts"]["messages"], 2);
        assert_eq!(overview["counts"]["active_accounts"], overview["counts"]["activeAccounts"]);
        assert_eq!((&overview["parked"], &overview["ledger"]["balanced"]), (&json!(0), &json!(true)));
        assert_eq!(overview["channels"], json!([{"state": "ok", "count": 1}]));
        nothing_secret_is_shown(&scene, &root, &talk).await;
        let (status, gone) = root.post(&format!("/api/admin/accounts/{}/disconnect", talk.account), &json!({})).await;
        assert_eq!((status, &gone["account"]["state"]), (StatusCode::OK, &json!("off")), "{gone}");
        let words = gone["account"]["channel"]["evidence"]["words"].as_str().expect("words");
        assert!(words.contains("administrator"), "the owner can read who did it: {words}");
        let tokens = scene.database.texts("SELECT access_token FROM connected_accounts").await;
        assert_eq!(tokens, [Some(String::new())], "the tokens are erased");
        assert_eq!(all(&seen(&root, "/api/admin/accounts?state=off").await, "accounts", "id"), [talk.account.as_str()]);
        scene.logged("what=\"disconnected\"").await;
    })
    .await;
}

async fn the_page_is_an_empty_shell(scene: &Scene) {
    for (path, kind) in [("/admin", "text/html"), ("/admin/", "text/html"), ("/admin/admin.js", "text/javascript")] {
        let page = ask(&scene.client(), Method::GET, path, &[]).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert!(header(&page, "content-type").is_some_and(|found| found.starts_with(kind)), "{path}");
        let policy = header(&page, "content-security-policy").expect("a policy").to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("https:"), "{policy}");
        let text = page.text().await.expect("text");
        assert!(!text.contains("@example.com") && !text.contains("style=") && !text.contains("onclick="), "{path}");
    }
}

async fn users(root: &Client, talk: &Talk) {
    let everybody = seen(root, "/api/admin/users").await;
    assert_eq!(all(&everybody, "users", "email"), [ROOT, "bea@example.com", "ada@example.com"], "the newest first");
    let ada = &everybody["users"][2];
    assert_eq!((&ada["is_admin"], &ada["isActive"], &ada["active_accounts"]), (&json!(false), &json!(true), &json!(1)));
    assert_eq!(ada["openSessions"], 1);
    let id = ada["id"].as_str().expect("an id");
    for (asked, expected) in [
        ("search=EXAMPLE.com", 3),
        ("search=bea", 1),
        (&format!("search={id}"), 1),
        ("search=%25", 0),
        ("search=nobody", 0),
        ("admin=true", 1),
        ("admin=false&active=true", 2),
        ("active=false", 0),
        ("search=&admin=&after=", 3),
    ] {
        let found = seen(root, &format!("/api/admin/users?{asked}")).await;
        assert_eq!(all(&found, "users", "email").len(), expected, "{asked}");
    }
    // Part by part, everybody is there once.
    let (mut emails, mut next) = (Vec::new(), String::new());
    loop {
        let part = seen(root, &format!("/api/admin/users?limit=1&after={next}")).await;
        emails.extend(all(&part, "users", "email").into_iter().map(str::to_owned));
        match part["next"].as_str() {
            Some(place) => place.clone_into(&mut next),
            None => break assert_eq!(part["hasMore"], false),
        }
        assert!(emails.len() < 4, "it ends");
    }
    assert_eq!(emails, all(&everybody, "users", "email"));
    for asked in ["limit=0", "limit=101", "after=somewhere", "active=perhaps", &format!("search={}", "x".repeat(201))] {
        let (status, body) = root.get(&format!("/api/admin/users?{asked}")).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{asked}");
    }
    let file = seen(root, &format!("/api/admin/users/{id}")).await;
    assert_eq!((&file["user"]["email"], &file["accounts"][0]["id"]), (&json!("ada@example.com"), &json!(talk.account)));
    for list in ["users", "accounts", "conversations", "messages", "usage", "parked"] {
        assert_eq!(root.get(&format!("/api/admin/{list}/{NOBODYS}")).await.0, StatusCode::NOT_FOUND, "{list}");
        assert_eq!(root.get(&format!("/api/admin/{list}/nonsense")).await.0, StatusCode::BAD_REQUEST, "{list}");
    }
}

async fn accounts(root: &Client, talk: &Talk) {
    let found = seen(root, "/api/admin/accounts").await;
    let account = &found["accounts"][0];
    assert_eq!((&account["id"], &account["userEmail"]), (&json!(talk.account), &json!("ada@example.com")));
    assert_eq!((&account["state"], &account["channel"]["state"]), (&json!("ok"), &json!("ok")));
    let owner = account["user_id"].as_str().expect("an id");
    for (asked, expected) in [
        ("search=tests_bot", 1),
        ("search=ada@", 1),
        ("search=481000001", 1),
        ("platform=telegram&state=ok", 1),
        ("platform=teams", 0),
        ("state=needs_reauth", 0),
        (&format!("user={owner}"), 1),
        (&format!("user={NOBODYS}"), 0),
        ("user=ADA@example.com", 1),
        ("user=nobody@example.com", 0),
    ] {
        let found = seen(root, &format!("/api/admin/accounts?{asked}")).await;
        assert_eq!(all(&found, "accounts", "id").len(), expected, "{asked}");
    }
    assert_eq!(root.get("/api/admin/accounts?platform=gmail").await.0, StatusCode::BAD_REQUEST);
    let (_, file) = root.get(&format!("/api/admin/accounts/{}", talk.account)).await;
    assert_eq!(
        (&file["account"]["platform_user_id"], &file["account"]["channel"]["holes"]),
        (&json!("481000001"), &json!([]))
    );
}

async fn conversations(root: &Client, talk: &Talk) {
    for (asked, expected) in [
        (String::new(), 1),
        ("search=ADA".to_owned(), 1),
        (format!("search={PERSON}"), 1),
        ("search=_".to_owned(), 0),
        ("unread=true&platform=telegram".to_owned(), 1),
        ("unread=false".to_owned(), 0),
        (format!("account={}", talk.account), 1),
        (format!("user={NOBODYS}"), 0),
        ("until=2020-01-01".to_owned(), 0),
        ("from=2020-01-01".to_owned(), 1),
    ] {
        let found = seen(root, &format!("/api/admin/conversations?{asked}")).await;
        assert_eq!(all(&found, "conversations", "id").len(), expected, "{asked}");
    }
    let file = seen(root, &format!("/api/admin/conversations/{}", talk.conversation)).await;
    assert_eq!((&file["messages"], &file["conversation"]["user_email"]), (&json!(2), &json!("ada@example.com")));
}

async fn messages(scene: &Scene, root: &Client, talk: &Talk) {
    let found = seen(root, "/api/admin/messages").await;
    assert_eq!(all(&found, "messages", "id").len(), 2);
    let closed = found["messages"].as_array().expect("a list").iter().all(|one| one["content"].is_null());
    assert!(closed && found["opened"].is_null(), "a list says no words: {found}");
    let bea = seen(root, "/api/admin/users?search=bea").await["users"][0]["id"].as_str().expect("an id").to_owned();
    for (asked, expected) in [
        ("direction=incoming".to_owned(), 1),
        ("direction=outgoing&status=sent".to_owned(), 1),
        ("status=failed".to_owned(), 0),
        ("status=unconfirmed".to_owned(), 0),
        ("platform=telegram".to_owned(), 2),
        ("platform=twitter".to_owned(), 0),
        (format!("conversation={}", talk.conversation), 2),
        (format!("account={}&search=Ada", talk.account), 1),
        (format!("search={}", talk.message), 1),
        (format!("user={bea}"), 0),
        ("until=2020-01-01T00:00:00Z".to_owned(), 0),
    ] {
        let found = seen(root, &format!("/api/admin/messages?{asked}")).await;
        assert_eq!(all(&found, "messages", "id").len(), expected, "{asked}");
    }
    let first = seen(root, "/api/admin/messages?limit=1").await;
    let rest =
        seen(root, &format!("/api/admin/messages?limit=1&after={}", first["next"].as_str().expect("more"))).await;
    assert_ne!(first["messages"][0]["id"], rest["messages"][0]["id"]);
    assert_eq!((&first["hasMore"], &rest["hasMore"]), (&json!(true), &json!(false)));
    // Words rest sealed and are found all the same.
    for (words, expected) in [("HELLO", 1), ("100%25", 1), ("answer", 1), ("goodbye", 0)] {
        let found = seen(root, &format!("/api/admin/messages?text={words}")).await;
        assert_eq!((all(&found, "messages", "id").len(), &found["opened"]), (expected, &json!(2)), "{words}");
    }
    let found = seen(root, "/api/admin/messages?text=hello&limit=1").await;
    assert_eq!(found["messages"][0]["content"], "Hello there, 100%", "who looked for words is shown them");
    let file = seen(root, &format!("/api/admin/messages/{}", talk.message)).await;
    assert_eq!(file["message"]["content"], "Hello there, 100%");
    assert_eq!(file["message"]["userEmail"], "ada@example.com");
    scene.logged("what=\"message opened\"").await;
    scene.logged("what=\"words looked for\"").await;
    let log = scene.log().to_lowercase();
    assert!(!log.contains("hello") && !log.contains("goodbye"), "the log says that, not what: {log}");
}

async fn usage(root: &Client) {
    let mine = eventually("requests are noted", async || {
        let found = seen(root, "/api/admin/usage?platform=api&search=admin/users").await;
        (!all(&found, "usage", "id").is_empty()).then_some(found)
    })
    .await;
    let row = &mine["usage"][0];
    assert_eq!((&row["user_email"], &row["request_count"]), (&json!(ROOT), &json!(1)));
    let id = row["id"].as_str().expect("an id");
    assert_eq!(seen(root, &format!("/api/admin/usage/{id}")).await["row"]["endpoint"], row["endpoint"]);
    let owner = row["user_id"].as_str().expect("an id");
    let found = seen(root, &format!("/api/admin/usage?user={owner}&limit=100")).await;
    let emails: BTreeSet<&str> = all(&found, "usage", "user_email").into_iter().collect();
    assert_eq!(emails, BTreeSet::from([ROOT]));
    for asked in ["platform=teams", "until=2020-01-01", "search=nothing-like-this"] {
        let found = seen(root, &format!("/api/admin/usage?{asked}")).await;
        assert_eq!(all(&found, "usage", "id").len(), 0, "{asked}");
    }
}

/// Whatever opens something stands in no answer: as it was given, as it rests, or hashed.
async fn nothing_secret_is_shown(scene: &Scene, root: &Client, talk: &Talk) {
    let mut secrets: Vec<String> = vec![BOT_TOKEN.to_owned(), PASSWORD.to_owned(), talk.user.token().to_owned()];
    for column in [
        "SELECT access_token FROM connected_accounts",
        "SELECT access_token_seal FROM connected_accounts",
        "SELECT password_hash FROM users",
        "SELECT token FROM refresh_tokens",
        "SELECT content FROM messages",
        "SELECT content_seal FROM messages",
    ] {
        secrets.extend(scene.database.texts(column).await.into_iter().flatten().filter(|value| !value.is_empty()));
    }
    assert!(secrets.len() > 8, "there is something to look for");
    let user = seen(root, "/api/admin/users?search=ada").await["users"][0]["id"].as_str().expect("an id").to_owned();
    let gets = routes(talk).into_iter().filter(|(method, _)| *method == Method::GET).map(|(_, path)| path);
    for path in gets.chain([format!("/api/admin/users/{user}")]) {
        let answer = root.request(Method::GET, &path).send().await.expect("an answer").text().await.expect("text");
        for secret in &secrets {
            assert!(!answer.contains(secret.as_str()), "{path} shows {secret}");
        }
        for member in ["access_token", "refresh_token", "password", "seal", "sig="] {
            assert!(!answer.to_lowercase().contains(member), "{path} has a member {member}: {answer}");
        }
    }
}
