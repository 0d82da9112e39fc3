//! What administrators do to people (beside D61): it works at once, everywhere, and one administrator always stays.

use super::administration::{ROOT, on_the_command_line, root, seen};
use super::scene::{ACCESS_SECRET, PASSWORD, PERSON, Scene, ask, claims, everywhere, token};
use crate::support::{BOT_TOKEN, bot_update};
use hub_testkit::{Client, Pushes};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A bad token's close code.
const BAD_TOKEN: u16 = 4001;

/// Does something to a user.
async fn act(admin: &Client, user: &str, deed: &str, body: &Value) -> (u16, Value) {
    let (status, body) = admin.post(&format!("/api/admin/users/{user}/{deed}"), body).await;
    (status.as_u16(), body)
}

async fn id_of(admin: &Client, email: &str) -> String {
    let found = seen(admin, &format!("/api/admin/users?search={email}")).await;
    found["users"][0]["id"].as_str().expect("an id").to_owned()
}

/// Signs in; gives the status, the code of a refusal, and both tokens.
async fn sign_in(client: &Client, email: &str, password: &str) -> (u16, Value, Value) {
    let (status, body) = client.post("/api/auth/login", &json!({"email": email, "password": password})).await;
    (status.as_u16(), body["error"]["code"].clone(), body["tokens"].clone())
}

/// The link of a picture somebody sent to the user.
async fn a_picture(scene: &Scene, user: &Client) -> String {
    scene.hub.platform.put_file(BOT_TOKEN, "photo-1", b"\xff\xd8\xff\xe0");
    let mut update = bot_update(2, PERSON, "Look");
    let photo = json!([{"file_id": "photo-1", "file_unique_id": "p1", "width": 9, "height": 9, "file_size": 4}]);
    let message = update["message"].as_object_mut().expect("a message");
    message.insert("caption".to_owned(), message["text"].clone());
    message.remove("text");
    message.insert("photo".to_owned(), photo);
    scene.hub.deliver(&update).await;
    let said = user.all_messages().await;
    let shown = said.iter().find(|message| message["content"] == "Look").expect("it is there");
    shown["mediaUrl"].as_str().expect("a link").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_deactivated_is_out_at_once_and_loses_nothing() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("before").await;
        let root = root(&scene).await;
        let nobody = scene.client();
        let ada = id_of(&root, "ada@example.com").await;
        let (_, _, pair) = sign_in(&nobody, "ada@example.com", PASSWORD).await;
        let other = nobody.with_token(pair["accessToken"].as_str().expect("a token"));
        // What was rotated a moment ago has its grace, as long as nobody ends it.
        let (status, rotated) = nobody.post("/api/auth/refresh", &json!({"refreshToken": pair["refreshToken"]})).await;
        assert_eq!(status, StatusCode::OK, "{rotated}");
        let picture = a_picture(&scene, &talk.user).await;
        let open = async || ask(&nobody, Method::GET, &picture, &[]).await.status();
        assert_eq!(open().await, StatusCode::OK, "whoever has the link, for some minutes");
        let begin = json!({"method": "bot_token"});
        assert_eq!(talk.user.post("/api/oauth/connect/telegram", &begin).await.0, StatusCode::OK);
        assert_eq!(scene.database.texts("SELECT platform FROM hub_connect_attempts").await.len(), 1);
        let (raw, packed) = (Pushes::open(&talk.user).await, Pushes::open_socket_io(&other).await);
        let bystander = Pushes::open(&root).await;

        let (status, body) = act(&root, &ada, "deactivate", &json!({})).await;
        assert_eq!(
            (status, &body["user"]["is_active"], &body["user"]["open_sessions"]),
            (200, &json!(false), &json!(0))
        );
        assert_eq!(raw.farewell().await.0, Some(BAD_TOKEN), "open sockets are closed");
        let (_, words) = packed.farewell().await;
        assert!(words.contains("auth_error") && words.contains("Session has ended"), "{words}");
        for client in [&talk.user, &other] {
            let (status, body) = client.get("/api/auth/me").await;
            assert_eq!((status.as_u16(), &body["error"]["code"]), (401, &json!("INVALID_TOKEN")));
            assert_eq!(client.get("/api/messages").await.0, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(Pushes::knock(&talk.user).await.farewell().await.0, Some(BAD_TOKEN), "and no new one is opened");
        assert_eq!(open().await, StatusCode::NOT_FOUND, "their links open nothing");
        let begun = scene.database.texts("SELECT platform FROM hub_connect_attempts").await;
        assert!(begun.is_empty(), "a link that was begun does not come to its end");
        for token in [&pair["refreshToken"], &rotated["refreshToken"]] {
            let (status, body) = nobody.post("/api/auth/refresh", &json!({ "refreshToken": token })).await;
            assert_eq!((status.as_u16(), &body["error"]["code"]), (401, &json!("TOKEN_REFRESH_FAILED")), "{body}");
        }
        let (status, code, _) = sign_in(&nobody, "ada@example.com", PASSWORD).await;
        assert_eq!((status, code), (401, json!("USER_DEACTIVATED")));
        let (status, code, _) = sign_in(&nobody, "ada@example.com", "a wrong password").await;
        assert_eq!((status, code), (401, json!("AUTHENTICATION_FAILED")), "strangers are told nothing");
        assert_eq!(act(&root, &ada, "deactivate", &json!({})).await.0, 200, "twice is fine");
        scene.logged("what=\"deactivated\"").await;

        // The account goes on receiving.
        scene.hear(3, "while away").await;
        assert_eq!(act(&root, &ada, "reactivate", &json!({})).await.0, 200);
        assert_eq!(talk.user.get("/api/auth/me").await.0, StatusCode::UNAUTHORIZED, "the old session stays over");
        let back = nobody.login("ada@example.com").await;
        let said = back.all_messages().await;
        assert_eq!((&said[0]["content"], &said[2]["content"]), (&json!("while away"), &json!("before")));

        // Ending sessions alone.
        let socket = Pushes::open(&back).await;
        assert_eq!(act(&root, &ada, "end-sessions", &json!({})).await.0, 200);
        assert_eq!(socket.farewell().await.0, Some(BAD_TOKEN));
        assert_eq!(back.get("/api/auth/me").await.0, StatusCode::UNAUTHORIZED);
        let (_, _, pair) = sign_in(&nobody, "ada@example.com", PASSWORD).await;
        let (status, renewed) = nobody.post("/api/auth/refresh", &json!({"refreshToken": pair["refreshToken"]})).await;
        assert_eq!(status, StatusCode::OK, "they may sign in again, and renew: {renewed}");
        let again = nobody.with_token(renewed["accessToken"].as_str().expect("a token"));
        let mut socket = Pushes::open(&again).await;
        scene.hear(4, "and told").await;
        socket.up_to_message("and told").await;
        drop(bystander);
        assert_eq!(root.get("/api/auth/me").await.0, StatusCode::OK, "nobody else is touched");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_always_stays() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let none = on_the_command_line(&scene, &["list"]).await;
        assert!(String::from_utf8_lossy(&none.stdout).contains("no administrators"), "nobody is one by default");
        let unknown = on_the_command_line(&scene, &["grant", "nobody@example.com"]).await;
        assert!(!unknown.status.success() && String::from_utf8_lossy(&unknown.stderr).contains("not found"));
        let root = root(&scene).await;
        let bea = scene.user("bea@example.com").await;
        let (root_id, bea_id) = (id_of(&root, ROOT).await, id_of(&root, "bea@example.com").await);

        for deed in ["deactivate", "take-admin"] {
            let (status, body) = act(&root, &root_id, deed, &json!({})).await;
            assert_eq!((status, &body["error"]["code"]), (409, &json!("NOT_ALLOWED")), "{deed} of oneself");
        }
        let last = on_the_command_line(&scene, &["revoke", ROOT]).await;
        assert!(!last.status.success() && String::from_utf8_lossy(&last.stderr).contains("last administrator"));

        // Roles want a fresh proof of who sits there.
        let stale = root.with_token(&token("HS256", &claims(&root, 600).await, ACCESS_SECRET));
        let (status, body) = act(&stale, &bea_id, "grant-admin", &json!({})).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!("STEP_UP_REQUIRED")));
        let (status, _) = act(&stale, &bea_id, "grant-admin", &json!({"hubPassword": "a wrong password"})).await;
        assert_eq!(status, 400);
        assert_eq!(bea.get("/api/admin/overview").await.0, StatusCode::FORBIDDEN);
        let (status, body) = act(&stale, &bea_id, "grant-admin", &json!({ "hubPassword": PASSWORD })).await;
        assert_eq!((status, &body["user"]["is_admin"]), (200, &json!(true)));
        assert_eq!(bea.get("/api/admin/overview").await.0, StatusCode::OK, "the role works at once");
        scene.logged("what=\"made an administrator\"").await;

        // Each acts on the other at the same moment, again and again: one of them is left.
        let nothing = json!({});
        for deed in ["take-admin", "deactivate"] {
            let (of_bea, of_root) =
                tokio::join!(act(&root, &bea_id, deed, &nothing), act(&bea, &root_id, deed, &nothing));
            let mut statuses = [of_bea.0, of_root.0];
            statuses.sort_unstable();
            assert!(statuses[0] == 200 && [401, 403].contains(&statuses[1]), "{deed} {of_bea:?} {of_root:?}");
            let listed = on_the_command_line(&scene, &["list"]).await;
            let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
            assert_eq!(listed.lines().count(), 1, "{deed} {listed}");
            let (winner, other) = if listed.contains(ROOT) { (&root, &bea_id) } else { (&bea, &root_id) };
            for undo in ["reactivate", "grant-admin"] {
                assert_eq!(act(winner, other, undo, &json!({})).await.0, 200, "{undo}");
            }
        }
        let revoked = on_the_command_line(&scene, &["revoke", ROOT]).await;
        assert!(revoked.status.success(), "{revoked:?}");
        assert_eq!(id_is_admin(&bea, &root_id).await, (StatusCode::OK, json!(false)), "gone at once");
    })
    .await;
}

async fn id_is_admin(admin: &Client, id: &str) -> (StatusCode, Value) {
    let admin = match admin.get("/api/auth/me").await.0 {
        // Who was deactivated above signs in again.
        StatusCode::UNAUTHORIZED => &admin.login("bea@example.com").await,
        _ => admin,
    };
    let (status, body) = admin.get(&format!("/api/admin/users/{id}")).await;
    (status, body["user"]["is_admin"].clone())
}
