//! The sockets as their clients know them: the library of the originals' front end, another one, and the bare wire.

use super::scene::{ACCESS_SECRET, Scene, Talk, ask, browser, claims, header, token};
use crate::support::SECRET;
use futures_util::{SinkExt, StreamExt};
use hub_testkit::PATIENCE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The longest a client's script may take: it waits for the ten seconds of silence, too.
const SCRIPT: Duration = Duration::from_mins(2);
/// A bad token's close code.
const BAD_TOKEN: u16 = 4001;

/// A scene with an expired token of its user, and somebody else.
async fn prepared() -> (Scene, Talk, String, String) {
    let scene = Scene::open().await;
    let talk = scene.talk("Hello").await;
    let expired = token("HS256", &claims(&talk.user, -1).await, ACCESS_SECRET);
    let other = scene.user("eve@example.com").await.token().to_owned();
    (scene, talk, expired, other)
}

/// Runs a client's script against the hub; it says how many checks passed.
async fn run(program: &str, script: &str, needed: &str) {
    let Ok(found) = std::env::var(needed) else {
        assert!(std::env::var("HUB_TEST_REQUIRE_ALL").is_err(), "{needed} is not set, but everything is required");
        return eprintln!("not run: {needed} is not set");
    };
    let (scene, talk, expired, other) = prepared().await;
    let program = if program.is_empty() { found.as_str() } else { program };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sockets").join(script);
    let run = tokio::process::Command::new(program)
        .arg(script)
        .envs([("HUB_URL", scene.client().base()), ("TOKEN", talk.user.token()), ("EXPIRED", &expired)])
        .envs([("OTHER_TOKEN", other.as_str()), ("WEBHOOK_SECRET", SECRET)])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = tokio::time::timeout(SCRIPT, run).await.expect("in time").expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && out.contains("checks passed"), "{out}\n{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_front_ends_own_library_is_served_on_every_transport() {
    run("node", "clients.mjs", "HUB_BROWSER_MODULES").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_library_is_served_as_well() {
    run("", "clients.py", "HUB_SDK_PYTHON").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engines_handshake_is_the_contracts() {
    let scene = Scene::open_with(&[("FRONTEND_URL", "https://inbox.example.com")]).await;
    let origin = [("origin", "https://inbox.example.com")];
    let answer = ask(&scene.client(), Method::GET, "/socket.io/?EIO=4&transport=polling", &origin).await;
    assert_eq!(header(&answer, "access-control-allow-origin"), Some("https://inbox.example.com"));
    assert_eq!(header(&answer, "access-control-allow-credentials"), Some("true"));
    let packet = answer.text().await.expect("text");
    let mut handshake: Value = serde_json::from_str(packet.strip_prefix('0').expect("an open packet")).expect("JSON");
    let sid = handshake["sid"].take();
    assert!(sid.as_str().is_some_and(|sid| !sid.is_empty()));
    let expected = json!({
        "sid": null, "upgrades": ["websocket"], "pingInterval": 25_000, "pingTimeout": 20_000, "maxPayload": 1_000_000,
    });
    assert_eq!(handshake, expected);
    for version in ["EIO=3&", "EIO=5&", ""] {
        let path = format!("/socket.io/?{version}transport=polling");
        let old = ask(&scene.client(), Method::GET, &path, &[]).await;
        assert_eq!(old.status(), StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(old.text().await.expect("text"), r#"{"code":5,"message":"Unsupported protocol version"}"#);
    }
    let unknown = ask(&scene.client(), Method::GET, "/socket.io/?EIO=4&transport=polling&sid=nobodys", &[]).await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
}

/// Opens the raw socket with headers; the refusal's status otherwise.
async fn raw(scene: &Scene, path: &str, origin: Option<&str>) -> Result<Socket, u16> {
    let url = format!("{}{path}", scene.client().base().replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("a request");
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().expect("a value"));
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// The next text, or the code of the end.
async fn next(socket: &mut Socket) -> Result<Value, Option<u16>> {
    let next = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| u16::from(frame.code))),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    };
    tokio::time::timeout(PATIENCE, next).await.expect("a frame in time")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_raw_socket_says_by_its_code_what_is_wrong_with_a_token() {
    let (scene, talk, expired, _) = prepared().await;
    for bad in ["", "?token=", "?token=not.a.token", &format!("?token={expired}"), "?token=%00"] {
        for path in ["/ws/messages/", "/ws/messages"] {
            match raw(&scene, &format!("{path}{bad}"), None).await {
                Ok(mut socket) => assert_eq!(next(&mut socket).await, Err(Some(BAD_TOKEN)), "{path}{bad}"),
                Err(status) => panic!("browsers could not see {status}"),
            }
        }
    }
    let good = format!("?token={}", talk.user.token());
    for path in ["/ws/messages/", "/ws/messages"] {
        let mut socket = raw(&scene, &format!("{path}{good}"), None).await.expect("it opens");
        let hello = next(&mut socket).await.expect("a frame");
        assert_eq!((&hello["event"], &hello["data"]["email"]), (&json!("authenticated"), &json!("ada@example.com")));
        assert!(hello["data"]["userId"].is_string());
    }
    assert_eq!(raw(&scene, &format!("/ws/elsewhere/{good}"), None).await.err(), Some(404));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_known_origins_open_the_raw_socket() {
    let (scene, talk, _, _) = prepared().await;
    let path = format!("/ws/messages/?token={}", talk.user.token());
    let own = scene.client().base().to_owned();
    for (origin, opens) in [
        (None, true),
        (Some(own.as_str()), true),
        (Some("http://localhost:5173"), true),
        (Some("https://evil.example"), false),
        (Some("null"), false),
        (Some(&format!("{own}.evil.example")), false),
    ] {
        let opened = raw(&scene, &path, origin).await;
        assert_eq!(opened.err(), (!opens).then_some(403), "{origin:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_raw_socket_answers_pings_and_survives_nonsense() {
    let (scene, talk, _, _) = prepared().await;
    let path = format!("/ws/messages/?token={}", talk.user.token());
    let mut socket = raw(&scene, &path, None).await.expect("it opens");
    next(&mut socket).await.expect("a greeting");
    let refused = json!({"event": "error", "data": {"message": "Invalid message"}});
    for (sent, answered) in [
        (
            Message::text(r#"{"event":"ping","timestamp":1767323045000}"#),
            json!({"event": "pong", "timestamp": 1_767_323_045_000_i64}),
        ),
        (Message::text(r#"{"event":"ping"}"#), json!({"event": "pong", "timestamp": null})),
        (Message::text("not json"), refused.clone()),
        (Message::text("[1,2]"), refused.clone()),
        (Message::text("\"ping\""), refused.clone()),
        (Message::binary(vec![1, 2, 3]), refused),
    ] {
        socket.send(sent).await.expect("sent");
        assert_eq!(next(&mut socket).await, Ok(answered));
    }
    // What nobody knows is passed over: the next answer is the one to the ping.
    for unknown in [r#"{"event":"join_room","data":{"room":"user:1"}}"#, r#"{"event":5}"#, "{}"] {
        socket.send(Message::text(unknown)).await.expect("sent");
    }
    socket.send(Message::text(r#"{"event":"ping","timestamp":"x"}"#)).await.expect("sent");
    assert_eq!(next(&mut socket).await, Ok(json!({"event": "pong", "timestamp": "x"})));
    // It still hears, and a frame beyond the limit ends it.
    scene.hear(2, "still here").await;
    assert_eq!(next(&mut socket).await.expect("a push")["event"], "new_message");
    let huge = format!("{{\"event\":\"ping\",\"timestamp\":\"{}\"}}", "x".repeat(70 * 1024));
    let _ = socket.send(Message::text(huge)).await;
    while let Ok(frame) = next(&mut socket).await {
        assert_ne!(frame["event"], "pong", "too large to be answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_socket_outlives_its_token() {
    let scene = Scene::open_with(&[("JWT_EXPIRES_IN", "2s")]).await;
    let user = scene.user("ada@example.com").await;
    let mut pushes = hub_testkit::Pushes::open_socket_io(&user).await;
    user.link_bot(crate::support::BOT_TOKEN).await;
    hub_testkit::eventually("the token ends", async || {
        (user.get("/api/auth/me").await.0 == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    scene.hear(1, "after its end").await;
    pushes.up_to_message("after its end").await;
    let polling = format!("{}/socket.io/?EIO=4&transport=polling", user.base());
    assert_eq!(browser().get(polling).send().await.expect("an answer").status(), StatusCode::OK);
}
