//! Sending over the open line.

use super::{ALICE, BOB, ME, Reader, WITH_ALICE, words, world};
use bytes::Bytes;
use grammers_tl_types as tl;
use hub_domain::{ContentKind, Direction, RemoteConversationId, RemoteMessageId};
use hub_platform_kit::ErrorKind;
use hub_platform_kit::platform::{OutboundFile, OutboundMessage};
use hub_simulators::telegram_user::{Fault, TelegramUserHandle};
use std::time::Duration;

fn to_alice(text: &str, client_key: &str) -> OutboundMessage {
    OutboundMessage {
        conversation: RemoteConversationId::new(ALICE.to_string()),
        text: Some(text.to_owned()),
        client_key: client_key.to_owned(),
        ..OutboundMessage::default()
    }
}

fn texts(telegram: &TelegramUserHandle) -> Vec<String> {
    let text = |message: tl::enums::Message| match message {
        tl::enums::Message::Message(said) => said.message,
        other => panic!("{other:?}"),
    };
    telegram.messages(ME, WITH_ALICE).into_iter().map(text).collect()
}

#[tokio::test]
async fn words_go_out_once_however_often_they_are_sent() {
    let telegram = world().await;
    telegram.says(ME, WITH_ALICE, ALICE, "hello");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let sent = reader.handle.send(&reader.grant, &to_alice("hi", "key-1")).await.unwrap();
    assert!(sent.messages.len() == 1 && sent.at.is_some());
    let again = reader.handle.send(&reader.grant, &to_alice("hi", "key-1")).await.unwrap();
    assert_eq!(again.messages, sent.messages);
    telegram.refuse_duplicates(true);
    let refused = reader.handle.send(&reader.grant, &to_alice("hi", "key-1")).await.unwrap();
    assert_eq!(refused.messages, sent.messages, "a duplicate is a success");
    assert_eq!(texts(&telegram), ["hello", "hi"]);

    // What we send comes back as news of the same message.
    let echo = reader.message().await;
    assert_eq!((echo.id, echo.direction), (sent.messages[0].clone(), Direction::Outgoing));
    reader.handle.send(&reader.grant, &to_alice("hi", "key-2")).await.unwrap();
    assert_eq!(texts(&telegram), ["hello", "hi", "hi"]);
}

#[tokio::test]
async fn a_send_that_was_cut_off_is_repeated_without_a_double() {
    let telegram = world().await;
    telegram.says(ME, WITH_ALICE, ALICE, "hello");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    telegram.fault("messages.sendMessage", Fault::CutAfter);
    let error = reader.handle.send(&reader.grant, &to_alice("hi", "key-1")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient { maybe_applied: true });
    assert!(reader.handle.card().resend_is_safe);
    reader.handle.send(&reader.grant, &to_alice("hi", "key-1")).await.unwrap();
    assert_eq!(texts(&telegram), ["hello", "hi"]);
}

#[tokio::test]
async fn without_an_open_line_nothing_is_sent() {
    let telegram = world().await;
    telegram.says(ME, WITH_ALICE, ALICE, "hello");
    let mut reader = Reader::on(&telegram);
    for _ in 0..5 {
        let error = reader.handle.send(&reader.grant, &to_alice("hi", "key-1")).await.unwrap_err();
        let retry_after = Duration::from_secs(3);
        assert_eq!(error.kind, ErrorKind::NotHere { retry_after }, "that is no outage: {error}");
        assert_eq!(error.status, None, "and nothing that Telegram said");
    }
    assert_eq!(telegram.connected(), 0);
    reader.past().await;
    reader.handle.send(&reader.grant, &to_alice("hi", "key-1")).await.expect("nothing rests");
    assert_eq!(texts(&telegram), ["hello", "hi"]);
}

#[tokio::test]
async fn refusals_are_what_they_are() {
    let telegram = world().await;
    telegram.says(ME, WITH_ALICE, ALICE, "hello");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    telegram.fault("messages.sendMessage", Fault::refused(400, "PEER_FLOOD"));
    let error = reader.handle.send(&reader.grant, &to_alice("hi", "key-1")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Rejected);
    let stranger = OutboundMessage { conversation: RemoteConversationId::new("7999999999"), ..to_alice("hi", "key-2") };
    assert_eq!(reader.handle.send(&reader.grant, &stranger).await.unwrap_err().kind, ErrorKind::NotFound);
    telegram.fault("messages.sendMessage", Fault::FloodWait { seconds: 40 });
    let error = reader.handle.send(&reader.grant, &to_alice("hi", "key-3")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited { retry_after: Some(Duration::from_secs(40)) });
}

#[tokio::test]
async fn an_answer_names_what_it_answers_and_reading_reacting_and_typing_are_told() {
    let telegram = world().await;
    let asked = telegram.says(ME, WITH_ALICE, ALICE, "a question").unwrap();
    let group = telegram.create_supergroup(ME, 2_100_000_333, "Team", &[BOB]);
    let in_group = telegram.says(ME, group, BOB, "hello all").unwrap();
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let (handle, grant) = (reader.handle.clone(), reader.grant.clone());
    let alice = RemoteConversationId::new(ALICE.to_string());
    let question = RemoteMessageId::new(asked.to_string());
    let answer = OutboundMessage { reply_to: Some(question.clone()), ..to_alice("an answer", "key-1") };
    handle.send(&grant, &answer).await.unwrap();
    let echo = reader.message().await;
    assert_eq!((words(&echo), echo.reply_to.as_ref()), ("an answer", Some(&question)));

    assert_eq!(telegram.unread(ME, WITH_ALICE), 1);
    handle.mark_read(&grant, &alice, &question).await.unwrap();
    assert_eq!(telegram.unread(ME, WITH_ALICE), 0);
    let team = RemoteConversationId::new("-1002100000333");
    handle.mark_read(&grant, &team, &RemoteMessageId::new(in_group.to_string())).await.unwrap();
    assert_eq!(telegram.unread(ME, group), 0);

    handle.react(&grant, &alice, &question, Some("👍")).await.unwrap();
    handle.react(&grant, &alice, &question, None).await.unwrap();
    assert_eq!(telegram.calls_of("messages.sendReaction").len(), 2);
    handle.typing(&grant, &alice, None).await.unwrap();
    assert_eq!(telegram.calls_of("messages.setTyping").len(), 1);
}

#[tokio::test]
async fn files_go_out_one_by_one_with_the_words_at_the_first() {
    let telegram = world().await;
    telegram.says(ME, WITH_ALICE, ALICE, "hello");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let file = |kind, name: &str, mime: &str, bytes: &[u8]| OutboundFile {
        kind,
        file_name: name.to_owned(),
        mime_type: mime.to_owned(),
        bytes: Bytes::copy_from_slice(bytes),
        link: None,
    };
    let large = vec![7; 700_000];
    let message = OutboundMessage {
        attachments: vec![
            file(ContentKind::Image, "a.jpg", "image/jpeg", b"a picture"),
            file(ContentKind::File, "b.pdf", "application/pdf", &large),
        ],
        ..to_alice("look", "key-1")
    };
    let sent = reader.handle.send(&reader.grant, &message).await.unwrap();
    assert_eq!(sent.messages.len(), 2);
    let again = reader.handle.send(&reader.grant, &message).await.unwrap();
    assert_eq!(again.messages, sent.messages);
    let picture = reader.message().await;
    assert_eq!((words(&picture), picture.content.kind), ("look", ContentKind::Image));
    let document = reader.message().await;
    assert_eq!((words(&document), document.content.kind), ("", ContentKind::File));
    let attachment = &document.content.attachments[0];
    assert_eq!(attachment.file_name.as_deref(), Some("b.pdf"));
    let fetched = reader.handle.fetch(&reader.grant, attachment, 1_000_000).await.unwrap();
    assert_eq!(fetched.bytes.as_ref(), large.as_slice());
}
