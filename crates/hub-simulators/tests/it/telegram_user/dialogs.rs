//! The list of chats and their past.

use super::{ALICE, BOB, ME, Program, peer, refusal, signed_in, within, world};
use grammers_tl_types as tl;
use hub_simulators::telegram_user::{NewPerson, Place};

fn dialogs(folder_id: Option<i32>) -> tl::functions::messages::GetDialogs {
    tl::functions::messages::GetDialogs {
        exclude_pinned: false,
        folder_id,
        offset_date: 0,
        offset_id: 0,
        offset_peer: tl::enums::InputPeer::Empty,
        limit: 100,
        hash: 0,
    }
}

async fn listed(program: &Program) -> Vec<i64> {
    let mut dialogs = program.client.iter_dialogs();
    let mut ids = Vec::new();
    while let Some(dialog) = within(dialogs.next()).await.unwrap() {
        ids.push(dialog.peer_id().bot_api_dialog_id().unwrap());
    }
    ids
}

#[tokio::test]
async fn every_sort_of_chat_is_listed_with_its_last_message() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    let group = telegram.create_group(ME, 111, "Small", &[ALICE, BOB]);
    let large = telegram.create_supergroup(ME, 2_100_000_333, "Large", &[ALICE]);
    let news = telegram.create_channel(ME, 1_500_000_444, "News");
    telegram.says(ME, alice, ALICE, "hello").unwrap();
    telegram.says(ME, group, BOB, "hello all").unwrap();
    telegram.says(ME, large, ALICE, "hello more").unwrap();
    telegram.says(ME, news, ALICE, "it rains").unwrap();
    telegram.writes_elsewhere(ME, alice, "hi").unwrap();

    let program = signed_in(&telegram);
    let mut dialogs = program.client.iter_dialogs();
    assert_eq!(within(dialogs.total()).await.unwrap(), 4);
    let mut seen = Vec::new();
    while let Some(dialog) = within(dialogs.next()).await.unwrap() {
        let last = dialog.last_message.as_ref().unwrap();
        let name = dialog.peer().name().map(str::to_owned);
        seen.push((
            dialog.peer_id().bot_api_dialog_id().unwrap(),
            name.unwrap(),
            last.text().to_owned(),
            last.outgoing(),
        ));
    }
    let own = |id: i64, name: &str, text: &str, out: bool| (id, name.to_owned(), text.to_owned(), out);
    assert_eq!(
        seen,
        [
            own(ALICE, "Alice", "hi", true),
            own(-1_001_500_000_444, "News", "it rains", false),
            own(-1_002_100_000_333, "Large", "hello more", false),
            own(-111, "Small", "hello all", false),
        ]
    );
}

#[tokio::test]
async fn a_long_list_comes_in_pages_without_doubles_or_holes() {
    let telegram = world().await;
    for number in 0..250 {
        let id = 7_400_000_000 + number;
        let place = telegram.meet(ME, NewPerson::named(id, "Somebody"));
        telegram.was_said(ME, place, id, |message| "hello".clone_into(&mut message.message)).unwrap();
    }
    telegram.arrange(ME, Place::Person(7_400_000_007), true, false);
    let program = signed_in(&telegram);
    let ids = listed(&program).await;
    assert_eq!(ids[0], 7_400_000_007);
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((ids.len(), sorted.len()), (250, 250));
    assert_eq!(telegram.calls_of("messages.getDialogs").len(), 3);
}

#[tokio::test]
async fn the_archive_is_a_list_of_its_own() {
    let telegram = world().await;
    let (alice, bob) = (Place::Person(ALICE), Place::Person(BOB));
    telegram.says(ME, alice, ALICE, "here").unwrap();
    telegram.says(ME, bob, BOB, "away").unwrap();
    telegram.arrange(ME, bob, false, true);
    let program = signed_in(&telegram);
    assert_eq!(listed(&program).await, [ALICE]);
    let tl::enums::messages::Dialogs::Dialogs(archive) = program.call(&dialogs(Some(1))).await.unwrap() else {
        panic!("it is the whole list");
    };
    let tl::enums::Dialog::Dialog(only) = &archive.dialogs[0] else { panic!("a chat") };
    assert_eq!((archive.dialogs.len(), Place::Person(BOB).id()), (1, only_person(&only.peer)));
    assert_eq!((only.folder_id, only.unread_count), (Some(1), 1));
}

fn only_person(peer: &tl::enums::Peer) -> i64 {
    match peer {
        tl::enums::Peer::User(user) => user.user_id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_past_is_read_newest_first_and_in_pages() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    for number in 0..230 {
        let from = if number % 3 == 0 { ME } else { ALICE };
        telegram.was_said(ME, alice, from, |message| message.message = format!("number {number}")).unwrap();
    }
    let program = signed_in(&telegram);
    let at = peer(&program, alice).await;
    let mut messages = program.client.iter_messages(at);
    let mut seen = Vec::new();
    while let Some(message) = within(messages.next()).await.unwrap() {
        let number: usize = message.text().trim_start_matches("number ").parse().unwrap();
        assert_eq!(message.outgoing(), number.is_multiple_of(3));
        if !message.outgoing() {
            assert_eq!(message.sender_id().unwrap().bare_id(), Some(ALICE));
        }
        seen.push(message.text().to_owned());
    }
    let wanted: Vec<String> = (0..230).rev().map(|number| format!("number {number}")).collect();
    assert_eq!(seen, wanted);
    assert_eq!(telegram.calls_of("messages.getHistory").len(), 3);

    let mut older = program.client.iter_messages(at).offset_id(11).limit(3);
    let mut ids = Vec::new();
    while let Some(message) = within(older.next()).await.unwrap() {
        ids.push(message.id());
    }
    assert_eq!(ids, [10, 9, 8]);
}

#[tokio::test]
async fn messages_are_found_by_id_in_their_own_counter() {
    let telegram = world().await;
    let large = telegram.create_supergroup(ME, 333, "Large", &[ALICE]);
    let first = telegram.says(ME, Place::Person(ALICE), ALICE, "private").unwrap();
    let there = telegram.says(ME, large, ALICE, "in the group").unwrap();
    assert_eq!((first, there), (1, 1));
    let program = signed_in(&telegram);
    let alice = peer(&program, Place::Person(ALICE)).await;
    let group = peer(&program, large).await;
    let found = within(program.client.get_messages_by_id(alice, &[1, 99])).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().text(), "private");
    assert!(matches!(found[1].as_ref().unwrap().raw, tl::enums::Message::Empty(_)));
    let found = within(program.client.get_messages_by_id(group, &[1])).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().text(), "in the group");
    assert_eq!(found[0].as_ref().unwrap().sender_id().unwrap().bare_id_unchecked(), ALICE);
}

#[tokio::test]
async fn a_peer_whose_secret_number_is_wrong_is_not_found() {
    let telegram = world().await;
    let program = signed_in(&telegram);
    let wrong = tl::types::InputPeerUser { user_id: ALICE, access_hash: 1 };
    let call = tl::functions::messages::GetHistory {
        peer: wrong.into(),
        offset_id: 0,
        offset_date: 0,
        add_offset: 0,
        limit: 10,
        max_id: 0,
        min_id: 0,
        hash: 0,
    };
    assert_eq!(refusal(program.call(&call).await), "400 PEER_ID_INVALID");
}
