//! What may leave, and how: the reply window, and messages that leave in several parts.

use crate::fake::took;
use crate::talk::{Talk, file, words, work_on};
use hub_app::outbox::{SendMessage, Special};
use hub_app::{AppError, Card, ErrorKind, PlatformError, accounts};
use hub_domain::{ContentKind, DeliveryStatus, MessageId};
use hub_platform_kit::card::{AttachmentRule, ReplyWindow, TaggedWindow};
use hub_testkit::Engine;
use hub_testkit::database::engines;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const HOUR: u64 = 3_600;

fn windowed(card: &mut Card) {
    let tagged = Some(TaggedWindow { tag: "HUMAN_AGENT", within: Duration::from_hours(168) });
    card.reply_window = Some(ReplyWindow { free: Duration::from_hours(24), tagged });
    card.templates = true;
}

async fn windowed_talk(engine: Engine) -> Talk {
    let talk = Talk::start(engine, windowed).await;
    talk.told(json!([{"id": "in", "text": "hello"}])).await;
    talk.work().await;
    talk
}

impl Talk {
    async fn tagged(&self, text: &str, tag: Option<&str>) -> Result<MessageId, AppError> {
        let to = self.only().await.id;
        self.try_send(SendMessage { tag: tag.map(str::to_owned), ..words(to, text) }).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_window_is_said_before_any_network() {
    for engine in engines() {
        let talk = windowed_talk(engine).await;
        talk.later(24 * HOUR - 1).await;
        talk.tagged("in time", None).await.expect("still open");
        talk.work().await;
        talk.later(1).await;
        let refused = talk.tagged("too late", None).await.expect_err("closed");
        let AppError::WindowClosed { hours: 24, tag: Some("HUMAN_AGENT"), templates: true, .. } = refused else {
            panic!("{refused}")
        };
        let sentence = "Fake allows free messages only within 24 hours after the other person last wrote. \
            A person's answer may still go out under the tag HUMAN_AGENT.";
        assert_eq!(refused.to_string(), sentence);
        assert_eq!(talk.messages().await.len(), 2, "nothing of it is kept");
        talk.tagged("a person's", Some("HUMAN_AGENT")).await.expect("between the two");
        talk.work().await;
        assert!(matches!(talk.tagged("odd", Some("NO_TAG")).await, Err(AppError::Invalid(_))));
        talk.later(144 * HOUR).await;
        assert!(matches!(
            talk.tagged("after", Some("HUMAN_AGENT")).await,
            Err(AppError::WindowClosed { tag: None, templates: true, .. })
        ));
        let to = talk.only().await.id;
        let special = Special::Template(json!({"name": "come_back", "language": "en_US"}));
        talk.try_send(SendMessage { special, ..words(to, "") }).await.expect("a template always");
        talk.work().await;
        assert_eq!(talk.test.fake.left(), ["in time", "a person's", ""]);
        let tags: Vec<_> = talk.test.fake.sent.lock().unwrap().iter().map(|m| m.tag.clone()).collect();
        assert_eq!(tags, [None, Some("HUMAN_AGENT".to_owned()), None]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_person_does_opens_the_window_and_the_past_does_not() {
    for engine in engines() {
        let later = 30 * i64::try_from(HOUR).unwrap();
        let cases = [
            (json!({"id": "2", "text": "again", "at": later}), true),
            (json!({"kind": "reacted", "message": "in", "added": ["+"], "at": later}), true),
            (json!({"kind": "notice", "opens": true, "at": later}), true),
            (json!({"kind": "notice", "opens": false, "at": later}), false),
            (json!({"kind": "reacted", "message": "in", "added": ["+"], "actor": "shop", "at": later}), false),
            (json!({"id": "2", "text": "again", "at": later, "out": true}), false),
            (json!({"id": "2", "text": "again", "at": later, "history": true}), false),
            (json!({"kind": "edited", "id": "2", "text": "again", "at": later, "history": true}), false),
        ];
        for (event, opens) in cases {
            let talk = windowed_talk(engine).await;
            talk.later(31 * HOUR).await;
            talk.told(json!([event])).await;
            assert_eq!(talk.tagged("answer", None).await.is_ok(), opens, "{event}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_closes_while_the_message_waits_stops_it() {
    for engine in engines() {
        for tag in [None, Some("HUMAN_AGENT")] {
            let talk = windowed_talk(engine).await;
            talk.later(24 * HOUR - 60).await;
            let id = talk.tagged("answer", tag).await.expect("open");
            talk.later(120).await;
            let message = talk.message(id).await;
            if tag.is_some() {
                assert_eq!(message.status, Some(DeliveryStatus::Sent), "the sender allowed the tag");
                assert_eq!(talk.test.fake.sent.lock().unwrap()[0].tag.as_deref(), tag);
            } else {
                assert_eq!(message.status, Some(DeliveryStatus::Failed));
                assert!(message.failure.unwrap().contains("within 24 hours"));
                assert!(talk.test.fake.left().is_empty());
            }
        }
    }
}

fn filed(card: &mut Card) {
    card.text.max_caption = 0;
    card.max_attachments = 5;
    card.attachments = &[AttachmentRule { kind: ContentKind::File, max_bytes: 1_000, mime_types: &[] }];
}

async fn with_files(engine: Engine) -> (Talk, MessageId) {
    let talk = Talk::start(engine, filed).await;
    talk.told(json!([{"id": "in", "text": "hello"}])).await;
    talk.work().await;
    let to = talk.only().await.id;
    let attachments = vec![file("a.txt"), file("b.txt"), file("c.txt")];
    let id = talk.try_send(SendMessage { attachments, ..words(to, "look") }).await.expect("accepted");
    (talk, id)
}

/// The first file in a folder or below.
fn first_file(folder: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let first = entries.next().expect("something");
    if first.is_dir() { first_file(&first) } else { first }
}

/// Its account is lost after the last look at it, while a file of the message is being read.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_lost_at_the_last_moment_sends_nothing() {
    for engine in engines() {
        for disconnected in [true, false] {
            let (talk, id) = with_files(engine).await;
            // A pipe keeps whoever reads it waiting until somebody writes, and the other way round.
            let pipe = first_file(&talk.app().settings().data_dir.join("media"));
            std::fs::remove_file(&pipe).expect("removed");
            assert!(Command::new("mkfifo").arg(&pipe).status().expect("the program mkfifo").success());
            let app = talk.app().clone();
            let work = tokio::spawn(async move { work_on(&app).await });
            let opened = tokio::task::spawn_blocking(move || std::fs::File::create(pipe));
            let mut file = opened.await.expect("no panic").expect("the job reads");
            if disconnected {
                let account = accounts::list(talk.app(), &talk.caller).await.expect("listed").remove(0);
                accounts::disconnect(talk.app(), &talk.caller, account.id).await.expect("disconnected");
            } else {
                talk.test.database.change("UPDATE hub_channels SET state = 'needs_reauth'").await;
            }
            file.write_all(b"a").expect("written");
            drop(file);
            work.await.expect("worked");
            assert_eq!(talk.test.fake.left(), Vec::<String>::new());
            let message = talk.message(id).await;
            assert_eq!(message.status, Some(DeliveryStatus::Failed));
            let why = if disconnected { "is not connected" } else { "needs a new sign-in" };
            assert!(message.failure.as_deref().is_some_and(|failure| failure.contains(why)), "{message:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_and_files_leave_in_order_each_once() {
    for engine in engines() {
        let (talk, id) = with_files(engine).await;
        let unavailable = PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "away");
        talk.test.fake.sends.then(took("r1")).then(took("r2")).then(Err(unavailable)).then(took("r3")).then(took("r4"));
        talk.work().await;
        let waiting = talk.message(id).await;
        assert_eq!(waiting.status, Some(DeliveryStatus::Queued));
        talk.later(60).await;
        assert_eq!(talk.test.fake.left(), ["look", "a.txt", "b.txt", "b.txt", "c.txt"], "on from the part that failed");
        let keys: Vec<_> = talk.test.fake.sent.lock().unwrap().iter().map(|m| m.client_key.clone()).collect();
        let expected: Vec<_> = [0, 1, 2, 2, 3].into_iter().map(|part| format!("{id}:{part}")).collect();
        assert_eq!(keys, expected);
        let message = talk.message(id).await;
        assert_eq!((message.status, message.remote_id.as_str()), (Some(DeliveryStatus::Sent), "r1"));
        for remote in ["r1", "r2", "r3", "r4"] {
            let reaction = json!([{"kind": "reacted", "message": remote, "added": [remote]}]);
            talk.told(reaction).await;
        }
        assert_eq!(talk.message(id).await.reactions.len(), 4, "each part is this message");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_whose_fate_nobody_knows_stops_the_rest_until_evidence_comes() {
    for engine in engines() {
        let (talk, id) = with_files(engine).await;
        let cut_off = PlatformError::new(ErrorKind::Transient { maybe_applied: true }, "the line broke");
        talk.test.fake.sends.then(took("r1")).then(Err(cut_off));
        talk.work().await;
        talk.later(600).await;
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Unconfirmed));
        assert_eq!(talk.test.fake.left(), ["look", "a.txt"]);
        talk.test.fake.sends.then(took("r3")).then(took("r4"));
        talk.told(json!([{"id": "r2", "files": ["x"], "out": true, "at": 5}])).await;
        talk.work().await;
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Sent));
        assert_eq!(talk.test.fake.left(), ["look", "a.txt", "b.txt", "c.txt"]);
        assert_eq!(talk.messages().await.len(), 2);
    }
}
