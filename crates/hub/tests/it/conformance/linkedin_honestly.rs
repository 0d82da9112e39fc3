//! What LinkedIn keeps to itself, through the real doors: words that notifications hold back, pages that are lost, messages that
//! may be read and never sent.

use super::linkedin::{ADMIN, CLIENT, LinkedIn, PAGES, SECRET};
use hub_simulators::linkedin::{App, Member};
use hub_testkit::conformance::{Stage, Subject};
use hub_testkit::database::engines;
use hub_testkit::{Engine, eventually};
use reqwest::StatusCode;
use serde_json::json;
use std::path::Path;

/// Somebody the member knows.
const PEER: &str = "TstPrs0n1B";

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_hub"))
}

/// Asks the platform now, as somebody does who wants to know.
async fn ask(stage: &Stage<LinkedIn>) {
    let (status, told) = stage.user.post("/api/messages/sync", &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{told}");
}

/// A notification may tell that somebody said something, and not what: it is read, whole, and nothing empty is shown.
async fn words_that_are_held_back_are_read(engine: Engine) {
    let stage = Stage::<LinkedIn>::linked(binary(), engine).await;
    stage.past_is_read_back().await;
    stage.subject.platform.decorate(false);
    let (message, there) = stage.hear(1, "said without a word about it").await;
    assert_eq!(
        (&message["is_outgoing"], &message["is_read"]),
        (&json!(false), &json!(false)),
        "it rings like any other"
    );
    assert!(stage.subject.platform.edit_comment(&there, "changed without a word about it"));
    stage.message("changed without a word about it").await;
    assert_eq!(stage.user.all_messages().await.len(), 1, "one message");
    stage.finish().await;
}

/// Whoever loses the role on a page keeps the sign-in: the account says what happened, and answers are refused with a sentence.
async fn a_lost_page_is_told(engine: Engine) {
    let stage = Stage::<LinkedIn>::linked(binary(), engine).await;
    let conversation = stage.conversation_with(1).await;
    let account = stage.accounts(&stage.user).await[0]["id"].as_str().expect("an id").to_owned();
    stage.subject.platform.set_role(ADMIN, PAGES[0].0, "", "");
    ask(&stage).await;
    let path = format!("/api/oauth/accounts/{account}/notices");
    eventually("the account says so", async || {
        let (_, told) = stage.user.get(&path).await;
        told["notices"].as_array()?.iter().any(|notice| notice["kind"] == "page_access_lost").then_some(())
    })
    .await;
    let (_, failed) = stage.send_words(&conversation, "into a page that is lost").await;
    assert_eq!(failed["status"], "failed");
    assert!(failed["failure"].as_str().is_some_and(|why| why.contains("administrator")), "{failed}");
    assert_eq!(stage.health().await, "ok", "a new sign-in of the same person would change nothing");
    stage.finish().await;
}

/// A member's messages come in, old and new; answering is refused with plain words, and LinkedIn is not asked.
async fn members_are_read_and_never_written_to(engine: Engine) {
    let scopes = [("LINKEDIN_MEMBER_SCOPES", "openid profile r_dma_portability_3rd_party")];
    let stage = Stage::<LinkedIn>::open_with(binary(), engine, &scopes).await;
    let platform = &stage.subject.platform;
    platform.create_app(App::new(CLIENT, SECRET).with_portability());
    platform.create_member(Member::new(PEER, "Pat", "Peer"));
    platform.write(PEER, ADMIN, "said before the consent").expect("they know each other");
    let way = stage.card["connect"].as_array().expect("a list").iter().find(|way| way["id"] == "member").cloned();
    assert!(way.expect("it is offered")["lacks"].to_string().contains("send"), "and says what it lacks");

    let account = stage.link_only(&stage.user, "member", &format!("urn:li:person:{ADMIN}")).await;
    let before = stage.message("said before the consent").await;
    assert_eq!(before["is_read"], true, "the past rings no bell");
    let said = platform.write(PEER, ADMIN, "said after it").expect("they know each other");
    ask(&stage).await;
    let after = stage.message("said after it").await;
    assert_eq!(after["conversation_id"], before["conversation_id"], "one thread");
    platform.write(ADMIN, PEER, "answered at LinkedIn").expect("they know each other");
    platform.rewrite(&said, Some("said again"));
    platform.invite(PEER, ADMIN, "let us connect").expect("an invitation");
    ask(&stage).await;
    stage.message("said again").await;
    assert_eq!(stage.message("answered at LinkedIn").await["is_outgoing"], true);
    assert!(stage.find("let us connect").await.is_none(), "an invitation is no message");
    platform.rewrite(&said, None);
    ask(&stage).await;
    let gone = async || stage.user.all_messages().await.iter().any(|one| one["deleted_at"].is_string()).then_some(());
    eventually("what was taken back is gone", gone).await;

    let conversation = before["conversation_id"].as_str().expect("an id");
    let (status, refused) = stage.send(conversation, &json!({"content": "an answer"})).await;
    assert!(matches!(status.as_u16(), 501 | 502), "{status} {refused}");
    assert!(refused["error"]["retryable"] == false, "{refused}");
    assert!(refused["message"].as_str().is_some_and(|why| why.len() > 10), "a sentence: {refused}");
    assert!(stage.find("an answer").await.is_none(), "nothing is stored");
    assert!(!platform.requests().iter().any(|call| call.endpoint == "messages"), "LinkedIn was not asked");
    assert_eq!(stage.account_here(&stage.user, &account).await["health"], "ok");
    assert!(!stage.subject.is_called(&format!("urn:li:organization:{}", PAGES[0].0)), "no page was linked");
    stage.finish().await;
}

/// Each on every engine.
macro_rules! honestly {
    ($($name:ident),*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Engine::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if super::engines().contains(&super::Engine::Postgres) {
                    super::$name(super::Engine::Postgres).await;
                }
            })*
        }
    };
}

honestly!(words_that_are_held_back_are_read, a_lost_page_is_told, members_are_read_and_never_written_to);
