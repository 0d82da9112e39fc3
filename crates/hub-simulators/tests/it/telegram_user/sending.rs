//! Sending: once for every random id, told to the account's other devices, read by the other side.

use super::{ALICE, ME, next_message, next_raw, peer, refusal, signed_in, text, within, world, world_with};
use grammers_client::message::InputMessage;
use grammers_tl_types as tl;
use hub_simulators::telegram_user::{Fault, Place, TelegramUserOptions};

#[tokio::test]
async fn the_same_random_id_is_one_message() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "hello").unwrap();
    let program = signed_in(&telegram);
    let at = peer(&program, alice).await;
    let first = program.call(&text(at, "hi", 77)).await.unwrap();
    let second = program.call(&text(at, "hi", 77)).await.unwrap();
    assert_eq!(first, second);
    let tl::enums::Updates::UpdateShortSentMessage(sent) = first else { panic!("{first:?}") };
    assert!(sent.out);
    let own: Vec<i32> = telegram.messages(ME, alice).iter().map(tl::enums::Message::id).collect();
    assert_eq!(own, [1, sent.id]);

    telegram.refuse_duplicates(true);
    assert_eq!(refusal(program.call(&text(at, "hi", 77)).await), "500 RANDOM_ID_DUPLICATE");
    program.call(&text(at, "hi", 78)).await.unwrap();
    assert_eq!(telegram.messages(ME, alice).len(), 3);
}

#[tokio::test]
async fn a_send_whose_answer_was_lost_can_be_repeated() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "hello").unwrap();
    let program = signed_in(&telegram);
    let at = peer(&program, alice).await;
    telegram.fault("messages.sendMessage", Fault::CutAfter);
    let outcome = program.call(&text(at, "once", 5)).await;
    assert!(matches!(outcome, Err(grammers_client::InvocationError::Io(_))), "{outcome:?}");
    program.call(&text(at, "once", 5)).await.unwrap();
    let said = |wanted: &str| {
        let all = telegram.messages(ME, alice);
        let is = |message: &&tl::enums::Message| matches!(message, tl::enums::Message::Message(message) if message.message == wanted);
        all.iter().filter(is).count()
    };
    assert_eq!(said("once"), 1);

    telegram.fault("messages.sendMessage", Fault::CutBefore);
    assert!(program.call(&text(at, "later", 6)).await.is_err());
    assert_eq!(said("later"), 0);
}

#[tokio::test]
async fn a_group_is_answered_in_full_and_a_reply_names_what_it_answers() {
    let telegram = world().await;
    let large = telegram.create_supergroup(ME, 333, "Large", &[ALICE]);
    let asked = telegram.says(ME, large, ALICE, "who is there?").unwrap();
    let program = signed_in(&telegram);
    let at = peer(&program, large).await;
    let sent =
        within(program.client.send_message(at, InputMessage::new().text("me").reply_to(Some(asked)))).await.unwrap();
    assert_eq!((sent.text(), sent.outgoing(), sent.id()), ("me", true, 2));
    assert_eq!(sent.reply_to_message_id(), Some(asked));
}

#[tokio::test]
async fn other_devices_of_the_account_hear_of_it() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "hello").unwrap();
    let program = signed_in(&telegram);
    let mut other = signed_in(&telegram);
    let mut stream = other.stream().await;
    let at = peer(&program, alice).await;
    program.call(&text(at, "from here", 1)).await.unwrap();
    let heard = next_message(&mut stream).await;
    assert_eq!((heard.text(), heard.outgoing()), ("from here", true));
}

#[tokio::test]
async fn what_was_sent_comes_back_once_to_whoever_sent_it() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "hello").unwrap();
    let mut program = signed_in(&telegram);
    let at = peer(&program, alice).await;
    let mut stream = program.stream().await;
    program.call(&text(at, "mine", 1)).await.unwrap();
    telegram.says(ME, alice, ALICE, "and mine").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "mine");
    assert_eq!(next_message(&mut stream).await.text(), "and mine");
    assert!(telegram.calls_of("updates.getDifference").len() <= 1);
}

#[tokio::test]
async fn edits_deletions_reactions_and_reads_are_done() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    let hello = telegram.says(ME, alice, ALICE, "hello").unwrap();
    let program = signed_in(&telegram);
    let mut other = signed_in(&telegram);
    let mut stream = other.stream().await;
    telegram.says(ME, alice, ALICE, "begin").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "begin");
    let at = peer(&program, alice).await;
    let sent = within(program.client.send_message(at, "helo")).await.unwrap().id();
    within(program.client.edit_message(at, sent, "hello!")).await.unwrap();
    let outcome = within(program.client.edit_message(at, sent, "hello!")).await;
    assert_eq!(refusal(outcome), "400 MESSAGE_NOT_MODIFIED");
    let outcome = within(program.client.edit_message(at, hello, "not mine")).await;
    assert_eq!(refusal(outcome), "403 MESSAGE_AUTHOR_REQUIRED");
    let reaction = tl::types::ReactionEmoji { emoticon: "👍".to_owned() };
    let react = tl::functions::messages::SendReaction {
        big: false,
        add_to_recent: false,
        peer: at.into(),
        msg_id: hello,
        reaction: Some(vec![reaction.into()]),
    };
    program.call(&react).await.unwrap();
    assert_eq!(telegram.unread(ME, alice), 2);
    within(program.client.mark_as_read(at)).await.unwrap();
    assert_eq!(telegram.unread(ME, alice), 0);
    assert_eq!(within(program.client.delete_messages(at, &[sent])).await.unwrap(), 1);
    assert_eq!(telegram.messages(ME, alice).len(), 2);

    assert!(matches!(next_raw(&mut stream).await, tl::enums::Update::NewMessage(_)));
    assert!(matches!(next_raw(&mut stream).await, tl::enums::Update::EditMessage(_)));
    assert!(matches!(next_raw(&mut stream).await, tl::enums::Update::MessageReactions(_)));
    assert!(matches!(next_raw(&mut stream).await, tl::enums::Update::ReadHistoryInbox(_)));
    assert!(matches!(next_raw(&mut stream).await, tl::enums::Update::DeleteMessages(_)));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_by_name() {
    let telegram = world_with(TelegramUserOptions::default()).await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "hello").unwrap();
    let small = telegram.create_group(ME, 11, "Closed", &[ALICE]);
    telegram.says(ME, small, ALICE, "hello").unwrap();
    let program = signed_in(&telegram);
    let (at, group) = (peer(&program, alice).await, peer(&program, small).await);
    assert_eq!(refusal(program.call(&text(at, "  ", 1)).await), "400 MESSAGE_EMPTY");
    assert_eq!(refusal(program.call(&text(at, &"ö".repeat(4_097), 2)).await), "400 MESSAGE_TOO_LONG");
    program.call(&text(at, &"ö".repeat(4_096), 3)).await.unwrap();
    telegram.writable(ME, alice, false);
    telegram.writable(ME, small, false);
    assert_eq!(refusal(program.call(&text(at, "hi", 4)).await), "400 USER_IS_BLOCKED");
    assert_eq!(refusal(program.call(&text(group, "hi", 5)).await), "403 CHAT_WRITE_FORBIDDEN");
    telegram.writable(ME, alice, true);
    telegram.fault("messages.sendMessage", Fault::refused(400, "PEER_FLOOD"));
    assert_eq!(refusal(program.call(&text(at, "hi", 6)).await), "400 PEER_FLOOD");
    telegram.leaves_telegram(ME, ALICE);
    assert_eq!(refusal(program.call(&text(at, "hi", 7)).await), "400 INPUT_USER_DEACTIVATED");
    let typing = tl::functions::messages::SetTyping {
        peer: group.into(),
        top_msg_id: None,
        action: tl::enums::SendMessageAction::SendMessageTypingAction,
    };
    assert_eq!(refusal(program.call(&typing).await), "403 CHAT_WRITE_FORBIDDEN");
}
