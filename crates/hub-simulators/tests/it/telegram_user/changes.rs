//! The update stream: live, with holes, and after having been away.

use super::{ALICE, BOB, ME, Program, next_message, next_raw, peer, signed_in, until, within, world, world_with};
use grammers_session::updates::UpdatesLike;
use grammers_tl_types as tl;
use hub_simulators::telegram_user::{Place, TelegramUserHandle, TelegramUserOptions};
use tl::enums::Update;

#[tokio::test]
async fn everything_that_happens_is_told_live() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    let small = telegram.create_group(ME, 11, "Small", &[ALICE, BOB]);
    let large = telegram.create_supergroup(ME, 333, "Large", &[ALICE]);
    let news = telegram.create_channel(ME, 444, "News");
    for (place, from) in [(alice, ALICE), (small, BOB), (large, ALICE), (news, ALICE)] {
        telegram.was_said(ME, place, from, |message| "before".clone_into(&mut message.message)).unwrap();
    }
    let mut program = signed_in(&telegram);
    // Whoever reads the list knows where each channel's stream is.
    peer(&program, alice).await;
    let mut stream = program.stream().await;

    let hello = telegram.says(ME, alice, ALICE, "hello").unwrap();
    let message = next_message(&mut stream).await;
    assert_eq!((message.text(), message.id(), message.outgoing()), ("hello", hello, false));
    assert_eq!(message.peer().unwrap().name(), Some("Alice"));
    telegram.says(ME, small, BOB, "hello all").unwrap();
    let message = next_message(&mut stream).await;
    assert_eq!(message.peer_id().bot_api_dialog_id(), Some(-11));
    assert_eq!(message.sender().unwrap().name(), Some("Bob"));
    let there = telegram.says(ME, large, ALICE, "in the group").unwrap();
    let message = next_message(&mut stream).await;
    assert_eq!((message.peer_id().bot_api_dialog_id(), message.post()), (Some(-1_000_000_000_333), false));
    telegram.says(ME, news, ALICE, "it rains").unwrap();
    assert!(next_message(&mut stream).await.post());
    let own = telegram.writes_elsewhere(ME, alice, "from my phone").unwrap();
    assert!(next_message(&mut stream).await.outgoing());

    assert!(telegram.edits(ME, alice, hello, "hello!"));
    let Update::EditMessage(edit) = next_raw(&mut stream).await else { panic!("an edit") };
    let tl::enums::Message::Message(edited) = edit.message else { panic!("a message") };
    assert_eq!((edited.message.as_str(), edited.edit_date.is_some()), ("hello!", true));
    assert!(telegram.edits(ME, large, there, "in the group!"));
    assert!(matches!(next_raw(&mut stream).await, Update::EditChannelMessage(_)));

    assert!(telegram.reads(ME, alice, own));
    let Update::ReadHistoryOutbox(read) = next_raw(&mut stream).await else { panic!("a read") };
    assert_eq!(read.max_id, own);
    assert!(!telegram.reads_elsewhere(ME, alice, hello), "whoever answers has read");
    let again = telegram.says(ME, alice, ALICE, "and again").unwrap();
    assert_eq!(next_message(&mut stream).await.id(), again);
    assert!(telegram.reads_elsewhere(ME, alice, again));
    let Update::ReadHistoryInbox(read) = next_raw(&mut stream).await else { panic!("a read") };
    assert_eq!((read.max_id, read.still_unread_count), (again, 0));
    assert!(telegram.reads_elsewhere(ME, large, there));
    assert!(matches!(next_raw(&mut stream).await, Update::ReadChannelInbox(_)));

    assert!(telegram.reacts(ME, alice, own, ALICE, Some("❤")));
    let Update::MessageReactions(reactions) = next_raw(&mut stream).await else { panic!("a reaction") };
    let tl::enums::MessageReactions::Reactions(reactions) = reactions.reactions;
    let tl::enums::ReactionCount::Count(count) = &reactions.results[0];
    assert_eq!((count.count, reactions.results.len()), (1, 1));
    assert!(telegram.reacts(ME, alice, own, ALICE, None));
    let Update::MessageReactions(reactions) = next_raw(&mut stream).await else { panic!("a reaction") };
    let tl::enums::MessageReactions::Reactions(reactions) = reactions.reactions;
    assert!(reactions.results.is_empty());

    telegram.types(ME, alice, ALICE);
    assert!(matches!(next_raw(&mut stream).await, Update::UserTyping(_)));
    telegram.types(ME, small, BOB);
    assert!(matches!(next_raw(&mut stream).await, Update::ChatUserTyping(_)));
    let joined = tl::types::MessageActionChatAddUser { users: vec![BOB] };
    telegram.happens(ME, small, ALICE, &joined.into()).unwrap();
    assert!(next_message(&mut stream).await.action().is_some());

    assert!(telegram.deletes(ME, alice, &[hello, own]));
    let Update::DeleteMessages(gone) = next_raw(&mut stream).await else { panic!("a deletion") };
    assert_eq!((gone.messages, gone.pts_count), (vec![hello, own], 2));
    assert!(telegram.deletes(ME, large, &[there]));
    let Update::DeleteChannelMessages(gone) = next_raw(&mut stream).await else { panic!("a deletion") };
    assert_eq!((gone.channel_id, gone.messages), (333, vec![there]));
    // Nothing was asked for beyond the first look: the counters had no holes.
    assert_eq!(telegram.calls_of("updates.getDifference").len(), 1);
}

#[tokio::test]
async fn a_lost_push_is_a_hole_that_is_filled_in_order() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    let mut program = signed_in(&telegram);
    let mut stream = program.stream().await;
    telegram.says(ME, alice, ALICE, "one").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "one");
    let asked = telegram.calls_of("updates.getDifference").len();
    telegram.lose_pushes(ME, 1);
    telegram.says(ME, alice, ALICE, "two").unwrap();
    telegram.says(ME, alice, ALICE, "three").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "two");
    assert_eq!(next_message(&mut stream).await.text(), "three");
    assert_eq!(telegram.calls_of("updates.getDifference").len(), asked + 1);
}

#[tokio::test]
async fn a_hole_of_a_channel_is_its_own() {
    let telegram = world().await;
    let large = telegram.create_supergroup(ME, 333, "Large", &[ALICE]);
    telegram.says(ME, large, ALICE, "one").unwrap();
    let mut program = signed_in(&telegram);
    peer(&program, large).await;
    let mut stream = program.stream().await;
    telegram.says(ME, large, ALICE, "zero").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "zero");
    let asked = telegram.calls_of("updates.getChannelDifference").len();
    telegram.lose_pushes(ME, 1);
    telegram.says(ME, large, ALICE, "two").unwrap();
    telegram.says(ME, large, ALICE, "three").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "two");
    assert_eq!(next_message(&mut stream).await.text(), "three");
    assert_eq!(telegram.calls_of("updates.getChannelDifference").len(), asked + 1);
}

/// A session that listened once and then was away.
async fn away(telegram: &TelegramUserHandle) -> Program {
    let mut program = signed_in(telegram);
    let mut stream = program.stream().await;
    telegram.says(ME, Place::Person(ALICE), ALICE, "seen").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "seen");
    stream.sync_update_state().await.unwrap();
    drop(stream);
    program
}

#[tokio::test]
async fn what_happened_while_away_is_caught_up() {
    let telegram = world().await;
    let session = away(&telegram).await.stop().await;
    let alice = Place::Person(ALICE);
    let missed = telegram.says(ME, alice, ALICE, "missed").unwrap();
    assert!(telegram.edits(ME, alice, missed, "missed!"));
    let mut program = Program::with(session.reopened());
    let mut stream = program.stream().await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.push(next_raw(&mut stream).await);
    }
    let new = seen.iter().any(|update| matches!(update, Update::NewMessage(_)));
    let edit = seen.iter().any(|update| matches!(update, Update::EditMessage(_)));
    assert!(new && edit, "{seen:?}");
}

#[tokio::test]
async fn much_that_was_missed_comes_in_slices() {
    let options = TelegramUserOptions { difference_slice: 10, ..TelegramUserOptions::default() };
    let telegram = world_with(options).await;
    let session = away(&telegram).await.stop().await;
    for number in 0..35 {
        telegram.says(ME, Place::Person(ALICE), ALICE, &format!("missed {number}")).unwrap();
    }
    let before = telegram.calls_of("updates.getDifference").len();
    let mut program = Program::with(session.reopened());
    let mut stream = program.stream().await;
    for number in 0..35 {
        assert_eq!(next_message(&mut stream).await.text(), format!("missed {number}"));
    }
    assert_eq!(telegram.calls_of("updates.getDifference").len() - before, 4);
}

#[tokio::test]
async fn too_much_that_was_missed_is_not_told() {
    let telegram = world().await;
    let session = away(&telegram).await.stop().await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "never told").unwrap();
    telegram.forget_changes(ME, None);
    let program = Program::with(session.reopened());
    let call = tl::functions::updates::GetDifference {
        pts: session.pts(),
        pts_limit: None,
        pts_total_limit: None,
        date: 1,
        qts: 0,
        qts_limit: None,
    };
    let outcome = program.call(&call).await.unwrap();
    let tl::enums::updates::Difference::TooLong(long) = outcome else { panic!("{outcome:?}") };
    drop(program);

    let mut program = Program::with(session.reopened());
    let mut stream = program.stream().await;
    let before = telegram.calls_of("updates.getDifference").len();
    let heard = tokio::spawn(async move { next_message(&mut stream).await.text().to_owned() });
    within(until(|| telegram.calls_of("updates.getDifference").len() > before)).await;
    telegram.says(ME, alice, ALICE, "after").unwrap();
    assert_eq!(heard.await.unwrap(), "after");
    assert!(long.pts > session.pts());
}

#[tokio::test]
async fn a_channel_that_forgot_tells_its_state_instead() {
    let telegram = world().await;
    let large = telegram.create_supergroup(ME, 333, "Large", &[ALICE]);
    for text in ["one", "two", "three"] {
        telegram.says(ME, large, ALICE, text).unwrap();
    }
    telegram.forget_changes(ME, Some(large));
    let program = signed_in(&telegram);
    let at = peer(&program, large).await;
    let call = tl::functions::updates::GetChannelDifference {
        force: false,
        channel: at.into(),
        filter: tl::enums::ChannelMessagesFilter::Empty,
        pts: 1,
        limit: 100,
    };
    let outcome = program.call(&call).await.unwrap();
    let tl::enums::updates::ChannelDifference::TooLong(long) = outcome else { panic!("{outcome:?}") };
    let tl::enums::Dialog::Dialog(dialog) = long.dialog else { panic!("a chat") };
    assert_eq!((dialog.top_message, dialog.unread_count, long.messages.len()), (3, 3, 1));
}

#[tokio::test]
async fn a_push_that_is_too_long_makes_the_client_ask() {
    let telegram = world().await;
    let mut program = signed_in(&telegram);
    let mut stream = program.stream().await;
    telegram.says(ME, Place::Person(ALICE), ALICE, "one").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "one");
    telegram.lose_pushes(ME, 1);
    telegram.says(ME, Place::Person(ALICE), ALICE, "two").unwrap();
    telegram.push(ME, &tl::enums::Updates::TooLong);
    assert_eq!(next_message(&mut stream).await.text(), "two");
}

#[tokio::test]
async fn short_news_are_understood_from_people_that_are_known() {
    let telegram = world_with(TelegramUserOptions { short_pushes: true, ..TelegramUserOptions::default() }).await;
    let alice = Place::Person(ALICE);
    let small = telegram.create_group(ME, 11, "Small", &[ALICE, BOB]);
    telegram.was_said(ME, alice, ALICE, |message| "before".clone_into(&mut message.message)).unwrap();
    telegram.was_said(ME, small, BOB, |message| "before".clone_into(&mut message.message)).unwrap();
    let mut program = signed_in(&telegram);
    peer(&program, alice).await;
    let mut stream = program.stream().await;
    telegram.says(ME, alice, ALICE, "full or short").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "full or short");
    let asked = telegram.calls_of("updates.getDifference").len();
    telegram.says(ME, alice, ALICE, "short").unwrap();
    let message = next_message(&mut stream).await;
    assert_eq!((message.text(), message.peer_id().bare_id()), ("short", Some(ALICE)));
    telegram.says(ME, small, BOB, "short as well").unwrap();
    let message = next_message(&mut stream).await;
    assert_eq!((message.text(), message.sender_id().unwrap().bare_id()), ("short as well", Some(BOB)));
    assert_eq!(telegram.calls_of("updates.getDifference").len(), asked);
}

#[tokio::test]
async fn a_channel_that_is_not_pushed_is_heard_by_asking() {
    let telegram = world().await;
    let large = telegram.create_supergroup(ME, 333, "Large", &[ALICE]);
    telegram.says(ME, large, ALICE, "one").unwrap();
    telegram.unpushed(ME, large, true);
    let mut program = signed_in(&telegram);
    let at = peer(&program, large).await;
    let mut updates = program.updates.take().unwrap();
    telegram.says(ME, large, ALICE, "two").unwrap();
    telegram.says(ME, Place::Person(ALICE), ALICE, "private").unwrap();
    let Some(UpdatesLike::Updates(tl::enums::Updates::Updates(first))) = within(updates.recv()).await else {
        panic!("news");
    };
    assert!(matches!(first.updates[..], [Update::NewMessage(_)]), "{:?}", first.updates);
    let call = tl::functions::updates::GetChannelDifference {
        force: false,
        channel: at.into(),
        filter: tl::enums::ChannelMessagesFilter::Empty,
        pts: 2,
        limit: 100,
    };
    let outcome = program.call(&call).await.unwrap();
    let tl::enums::updates::ChannelDifference::Difference(missed) = outcome else { panic!("{outcome:?}") };
    assert_eq!((missed.new_messages.len(), missed.pts, missed.r#final), (1, 3, true));
}

#[tokio::test]
async fn a_group_that_grows_becomes_another_chat() {
    let telegram = world().await;
    let small = telegram.create_group(ME, 11, "Growing", &[ALICE, BOB]);
    telegram.says(ME, small, BOB, "we are many").unwrap();
    let mut program = signed_in(&telegram);
    let mut stream = program.stream().await;
    telegram.says(ME, small, BOB, "begin").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "begin");
    let large = telegram.migrates(ME, small, ALICE, 333).unwrap();
    let Some(tl::enums::MessageAction::ChatMigrateTo(to)) = next_message(&mut stream).await.action().cloned() else {
        panic!("it says where it went");
    };
    assert_eq!((to.channel_id, large.id()), (333, -1_000_000_000_333));
    let Some(tl::enums::MessageAction::ChannelMigrateFrom(from)) = next_message(&mut stream).await.action().cloned()
    else {
        panic!("it says where it came from");
    };
    assert_eq!((from.chat_id, from.title.as_str()), (11, "Growing"));
}

#[tokio::test]
async fn accounts_do_not_hear_each_other() {
    let telegram = world().await;
    let other = ME + 50;
    telegram.create_account(hub_simulators::telegram_user::NewAccount::new(other, "4915550000050", "Other"));
    telegram.meet(other, hub_simulators::telegram_user::NewPerson::named(ALICE, "Alice"));
    let mut mine = signed_in(&telegram);
    let mut theirs = Program::on(&telegram.signed_in_device(other).unwrap());
    let (mut my_stream, mut their_stream) = (mine.stream().await, theirs.stream().await);
    telegram.says(ME, Place::Person(ALICE), ALICE, "begin").unwrap();
    telegram.says(other, Place::Person(ALICE), ALICE, "begin").unwrap();
    assert_eq!(next_message(&mut my_stream).await.text(), "begin");
    assert_eq!(next_message(&mut their_stream).await.text(), "begin");
    telegram.says(other, Place::Person(ALICE), ALICE, "for them").unwrap();
    telegram.says(ME, Place::Person(ALICE), ALICE, "for me").unwrap();
    assert_eq!(next_message(&mut my_stream).await.text(), "for me");
    assert_eq!(next_message(&mut their_stream).await.text(), "for them");
    assert_eq!((telegram.listening(ME), telegram.listening(other)), (1, 1));
    let me = within(theirs.client.get_me()).await.unwrap();
    assert_eq!(me.first_name(), Some("Other"));
}
