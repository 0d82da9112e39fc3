//! The first reading, and what happens afterwards.

use super::{ALICE, BOB, ME, PATIENCE, Reader, WITH_ALICE, said, until, words, world, world_with};
use grammers_tl_types as tl;
use hub_domain::inbound::{InboundBody, UpTo};
use hub_domain::{DeliveryStatus, Direction, RemoteMessageId};
use hub_simulators::telegram_user::{Place, TelegramUserOptions};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

fn id(number: i32) -> RemoteMessageId {
    RemoteMessageId::new(number.to_string())
}

#[tokio::test]
async fn the_past_is_read_once_chat_by_chat() {
    let telegram = world().await;
    for number in 0..30 {
        telegram.says(ME, WITH_ALICE, ALICE, &format!("number {number}"));
    }
    let answer = telegram.writes_elsewhere(ME, WITH_ALICE, "an answer").unwrap();
    telegram.reads(ME, WITH_ALICE, answer);
    let group = telegram.create_supergroup(ME, 2_100_000_333, "Team", &[BOB]);
    telegram.says(ME, group, BOB, "hello all");

    let mut reader = Reader::on(&telegram);
    let events = reader.past().await;
    let messages: Vec<_> = events.iter().filter_map(|event| said(&event.body)).collect();
    assert!(messages.iter().all(|message| message.history));
    let with_alice: Vec<&str> =
        messages.iter().filter(|message| message.conversation.id.as_str() == ALICE.to_string()).map(words).collect();
    assert_eq!(with_alice.len(), 20, "the last ones only");
    assert_eq!((with_alice[0], with_alice[18], with_alice[19]), ("number 11", "number 29", "an answer"));
    let in_group = messages.iter().find(|message| words(message) == "hello all").unwrap();
    assert_eq!(in_group.conversation.id.as_str(), "-1002100000333");
    assert_eq!(in_group.conversation.name.as_deref(), Some("Team"));
    assert_eq!(in_group.sender.id.as_str(), BOB.to_string());
    let address = in_group.conversation.address.as_ref().unwrap();
    assert!(address["type"] == "channel" && address["access_hash"].is_i64());

    let mine = messages.iter().find(|message| words(message) == "an answer").unwrap();
    assert_eq!((mine.direction, mine.sender.id.as_str()), (Direction::Outgoing, "7100000001"));
    assert!(events.iter().any(|event| matches!(
        &event.body,
        InboundBody::StatusUpTo { up_to: UpTo::Message(message), status: DeliveryStatus::Read, .. } if *message == id(answer)
    )));
    let keys: BTreeSet<&str> = events.iter().map(|event| event.event_key.as_str()).collect();
    assert_eq!(keys.len(), events.len(), "every event has a key of its own");
    assert!(events.iter().all(|event| event.accounts.len() == 1 && event.accounts[0].as_str() == "7100000001"));

    // Then it is quiet.
    let quiet = reader.page(Duration::ZERO).await.unwrap();
    assert!(quiet.events.is_empty() && quiet.next.is_none() && !quiet.more);
}

#[tokio::test]
async fn what_is_said_once_the_line_listens_is_news_whichever_way_it_comes() {
    let telegram = world().await;
    telegram.says(ME, WITH_ALICE, ALICE, "before");
    let mut reader = Reader::on(&telegram);
    reader.take(Duration::ZERO).await;
    // The chat's past is read only after this.
    telegram.says_with(ME, WITH_ALICE, ALICE, |message| {
        "meanwhile".clone_into(&mut message.message);
        message.date += 5;
    });
    let events = reader.past().await;
    let told: Vec<_> = events.iter().filter_map(|event| said(&event.body)).collect();
    let told: Vec<_> = told.iter().map(|message| (words(message), message.history, message.is_read)).collect();
    assert_eq!(told[..2], [("before", true, false), ("meanwhile", false, false)]);
}

/// Telegram's times are whole seconds: in the second in which the line opened the list of chats says what is news, and what the
/// person has read nothing but Telegram's own word.
#[tokio::test]
async fn what_is_unread_there_is_unread_here_to_the_message() {
    let telegram = world().await;
    let says = |place, from, text: &str, at: i32| {
        telegram.says_with(ME, place, from, |message| {
            text.clone_into(&mut message.message);
            message.date = at;
        })
    };
    let before = i32::try_from(chrono::Utc::now().timestamp()).unwrap() - 60;
    let group = telegram.create_supergroup(ME, 2_100_000_333, "Team", &[BOB]);
    let read = [says(WITH_ALICE, ALICE, "read", before), says(group, BOB, "read in the group", before)];
    says(WITH_ALICE, ALICE, "unread", before);
    says(group, BOB, "unread in the group", before);
    assert!(telegram.reads_elsewhere(ME, WITH_ALICE, read[0].unwrap()));
    assert!(telegram.reads_elsewhere(ME, group, read[1].unwrap()));
    let mut reader = Reader::on(&telegram);
    reader.take(Duration::ZERO).await;
    let cursor: Value = serde_json::from_str(reader.cursor.as_deref().unwrap()).unwrap();
    let opened = i32::try_from(cursor["since"].as_i64().unwrap()).unwrap();
    says(WITH_ALICE, ALICE, "said when the line was open", opened);

    let events = reader.past().await;
    let told: Vec<_> = events.iter().filter_map(|event| said(&event.body)).collect();
    let told: BTreeSet<_> = told.iter().map(|message| (words(message), message.history, message.is_read)).collect();
    let expected = [
        ("read", true, true),
        ("read in the group", true, true),
        ("said when the line was open", false, false),
        ("unread", true, false),
        ("unread in the group", true, false),
    ];
    assert_eq!(told, BTreeSet::from(expected));
}

#[tokio::test]
async fn what_happens_to_a_message_is_told_as_it_happens() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;

    let first = telegram.says(ME, WITH_ALICE, ALICE, "hello").unwrap();
    let message = reader.message().await;
    assert_eq!((words(&message), message.id.clone(), message.history), ("hello", id(first), false));
    assert_eq!(message.conversation.id.as_str(), ALICE.to_string());
    assert_eq!(message.conversation.name.as_deref(), Some("Alice"));
    assert_eq!((message.sender.name.as_deref(), message.direction), (Some("alice"), Direction::Incoming));

    assert!(telegram.edits(ME, WITH_ALICE, first, "hello there"));
    let changed = reader
        .next(|body| match body {
            InboundBody::Edited(message) => Some((**message).clone()),
            _ => None,
        })
        .await;
    assert!(words(&changed) == "hello there" && changed.id == id(first) && changed.edited_at.is_some());

    assert!(telegram.reacts(ME, WITH_ALICE, first, ALICE, Some("👍")));
    let standing = |body: &InboundBody| match body {
        InboundBody::Reactions { message, standing, .. } => Some((message.clone(), standing.clone())),
        _ => None,
    };
    let (message, stands) = reader.next(standing).await;
    assert_eq!(message, id(first));
    assert!(matches!(stands.as_slice(), [(who, emoji, _)] if who.as_str() == ALICE.to_string() && emoji == "👍"));
    assert!(telegram.reacts(ME, WITH_ALICE, first, ALICE, None));
    assert!(reader.next(standing).await.1.is_empty());

    assert!(telegram.reads_elsewhere(ME, WITH_ALICE, first));
    let read = reader
        .next(|body| match body {
            InboundBody::ReadElsewhere { conversation, up_to: UpTo::Number(number), .. } => {
                Some((conversation.clone(), *number))
            }
            _ => None,
        })
        .await;
    assert_eq!((read.0.as_str(), read.1), (ALICE.to_string().as_str(), i64::from(first)));

    let mine = telegram.writes_elsewhere(ME, WITH_ALICE, "from the phone").unwrap();
    assert_eq!(reader.message().await.direction, Direction::Outgoing);
    assert!(telegram.reads(ME, WITH_ALICE, mine));
    let status = reader
        .next(|body| match body {
            InboundBody::StatusUpTo { up_to: UpTo::Message(message), status, .. } => Some((message.clone(), *status)),
            _ => None,
        })
        .await;
    assert_eq!(status, (id(mine), DeliveryStatus::Read));

    assert!(telegram.deletes(ME, WITH_ALICE, &[first]));
    let gone = reader
        .next(|body| match body {
            InboundBody::DeletedSomewhere { messages, .. } => Some(messages.clone()),
            _ => None,
        })
        .await;
    assert_eq!(gone, vec![id(first)]);
    for (chat, apart) in [("7", false), ("-7", false), ("-1002100000333", true), ("-1001234567", false), ("x", false)] {
        let chat = hub_domain::RemoteConversationId::new(chat);
        assert_eq!(
            reader.handle.counts_apart(&chat),
            apart,
            "only channels and supergroups count on their own: {chat}"
        );
    }
}

#[tokio::test]
async fn a_supergroup_counts_on_its_own() {
    let telegram = world().await;
    let group = telegram.create_supergroup(ME, 2_100_000_333, "Team", &[BOB]);
    telegram.says(ME, group, BOB, "before");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let said_there = telegram.says(ME, group, BOB, "after").unwrap();
    let message = reader.message().await;
    assert_eq!((words(&message), message.conversation.id.as_str()), ("after", "-1002100000333"));
    assert!(telegram.deletes(ME, group, &[said_there]));
    let gone = reader
        .next(|body| match body {
            InboundBody::Deleted { conversation, .. } => Some(conversation.clone()),
            _ => None,
        })
        .await;
    assert_eq!(gone.as_str(), "-1002100000333");
}

#[tokio::test]
async fn a_page_that_was_not_kept_is_told_again() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    telegram.says(ME, WITH_ALICE, ALICE, "only once");
    let first = reader.page(PATIENCE).await.unwrap();
    let again = reader.page(PATIENCE).await.unwrap();
    assert_eq!((first.next.clone(), first.events.len()), (again.next.clone(), again.events.len()));

    // The same after a restart: the message comes again under the same key.
    let key = |page: &hub_platform_kit::platform::HistoryPage| match &page.events[0] {
        hub_platform_kit::platform::Parsed::Event(event) => event.event_key.clone(),
        other => panic!("{other:?}"),
    };
    let reader = reader.restarted(&telegram).await;
    let after = reader.page(PATIENCE).await.unwrap();
    assert_eq!(key(&after), key(&first));
}

#[tokio::test]
async fn what_was_missed_is_fetched_in_order() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    telegram.lose_pushes(ME, 1);
    telegram.says(ME, WITH_ALICE, ALICE, "lost");
    telegram.says(ME, WITH_ALICE, ALICE, "heard");
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let (events, _) = reader.take(PATIENCE).await;
        heard.extend(events.iter().filter_map(|event| said(&event.body)).map(|message| words(&message).to_owned()));
    }
    assert_eq!(heard, ["lost", "heard"]);
    assert!(!telegram.calls_of("updates.getDifference").is_empty());
}

#[tokio::test]
async fn what_was_said_while_nobody_listened_is_caught_up() {
    let telegram = world().await;
    let group = telegram.create_supergroup(ME, 2_100_000_333, "Team", &[BOB]);
    telegram.says(ME, group, BOB, "before");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let mut reader = reader
        .restarted_after(&telegram, || {
            telegram.says(ME, WITH_ALICE, ALICE, "private");
            telegram.says(ME, group, BOB, "in the group");
        })
        .await;
    let mut heard = BTreeSet::new();
    while heard.len() < 2 {
        heard.insert(words(&reader.message().await).to_owned());
    }
    assert!(heard.contains("private") && heard.contains("in the group"));
}

#[tokio::test]
async fn a_cut_line_is_made_anew_by_itself() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    until(|| telegram.listening(ME) == 1).await;
    telegram.cut(Some(ME));
    telegram.says(ME, WITH_ALICE, ALICE, "after the cut");
    assert_eq!(words(&reader.message().await), "after the cut");
}

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_has_moved() {
    let telegram = world().await;
    let group = telegram.create_group(ME, 555, "Small", &[BOB]);
    telegram.says(ME, group, BOB, "small");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    telegram.migrates(ME, group, BOB, 2_100_000_777).unwrap();
    let moved = reader
        .next(|body| match body {
            InboundBody::Moved { from, to, .. } => Some((from.clone(), to.clone())),
            _ => None,
        })
        .await;
    assert_eq!((moved.0.as_str(), moved.1.as_str()), (Place::Group(555).id().to_string().as_str(), "-1002100000777"));
}

#[tokio::test]
async fn too_much_to_be_told_is_read_again() {
    let telegram = world().await;
    let group = telegram.create_supergroup(ME, 2_100_000_333, "Team", &[BOB]);
    telegram.says(ME, group, BOB, "before");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let happens = || {
        telegram.says(ME, WITH_ALICE, ALICE, "private");
        telegram.says(ME, group, BOB, "in the group");
        telegram.forget_changes(ME, None);
        telegram.forget_changes(ME, Some(group));
    };
    let mut reader = reader.restarted_after(&telegram, happens).await;
    let mut heard = BTreeSet::new();
    while !(heard.contains("private") && heard.contains("in the group")) {
        let (events, _) = reader.take(PATIENCE).await;
        heard.extend(events.iter().filter_map(|event| said(&event.body)).map(|message| words(&message).to_owned()));
    }
    telegram.says(ME, WITH_ALICE, ALICE, "and on");
    while words(&reader.message().await) != "and on" {}
}

#[tokio::test]
async fn what_happens_in_a_group_is_a_notice() {
    let telegram = world().await;
    let group = telegram.create_group(ME, 555, "Small", &[BOB]);
    telegram.says(ME, group, BOB, "small");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let title = tl::types::MessageActionChatEditTitle { title: "Smaller".to_owned() };
    let left = tl::types::MessageActionChatDeleteUser { user_id: BOB };
    telegram.happens(ME, group, BOB, &title.into()).unwrap();
    telegram.happens(ME, group, BOB, &left.into()).unwrap();
    let notice = |body: &InboundBody| match body {
        InboundBody::Notice { conversation, kind, actor, data, .. } => {
            Some((conversation.id.to_string(), kind.clone(), actor.clone().unwrap().to_string(), data.clone()))
        }
        _ => None,
    };
    let renamed = ("-555".to_owned(), "title_changed".to_owned(), BOB.to_string(), json!({ "title": "Smaller" }));
    assert_eq!(reader.next(notice).await, renamed);
    let gone = ("-555".to_owned(), "member_left".to_owned(), BOB.to_string(), json!({ "members": [BOB.to_string()] }));
    assert_eq!(reader.next(notice).await, gone);
}

#[tokio::test]
async fn what_a_message_carries_is_kept_and_what_destroys_itself_is_not() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let said_with = |fill: &mut dyn FnMut(&mut tl::types::Message)| {
        let filled = |message: &mut tl::types::Message| {
            "see here".clone_into(&mut message.message);
            fill(message);
        };
        telegram.says_with(ME, WITH_ALICE, ALICE, filled).unwrap();
    };
    said_with(&mut |message| {
        message.entities = Some(vec![
            tl::types::MessageEntityBold { offset: 0, length: 3 }.into(),
            tl::types::MessageEntityTextUrl { offset: 4, length: 4, url: "https://example.org".to_owned() }.into(),
        ]);
    });
    let spans = reader.message().await.content.details.entities;
    let bold = json!({ "type": "bold", "offset": 0, "length": 3 });
    let link = json!({ "type": "text_link", "offset": 4, "length": 4, "url": "https://example.org" });
    assert_eq!(spans, [bold, link]);

    said_with(&mut |message| {
        let geo = tl::types::GeoPoint { long: 13.4, lat: 52.5, access_hash: 0, accuracy_radius: None };
        message.media = Some(tl::types::MessageMediaGeo { geo: geo.into() }.into());
    });
    let place = reader.message().await.content.details.location.unwrap();
    assert!((place.latitude - 52.5).abs() < 1e-9 && (place.longitude - 13.4).abs() < 1e-9);

    said_with(&mut |message| {
        let media = tl::types::MessageMediaContact {
            phone_number: "491555".to_owned(),
            first_name: "Carol".to_owned(),
            last_name: String::new(),
            vcard: String::new(),
            user_id: 0,
        };
        message.media = Some(media.into());
    });
    let entries = reader.message().await.content.details.shared_contacts;
    assert_eq!((entries[0].name.as_str(), entries[0].user_id.as_deref()), ("Carol", None));

    said_with(&mut |message| {
        let media = tl::types::MessageMediaPhoto {
            spoiler: false,
            live_photo: false,
            photo: None,
            ttl_seconds: Some(10),
            video: None,
        };
        message.media = Some(media.into());
    });
    let secret = reader.message().await.content;
    assert_eq!(secret.details.unsupported.as_deref(), Some("self_destructing"));
    assert!(secret.attachments.is_empty());
}

#[tokio::test]
async fn the_short_form_of_a_message_says_the_same() {
    let telegram = world_with(TelegramUserOptions { short_pushes: true, ..TelegramUserOptions::default() }).await;
    telegram.says(ME, WITH_ALICE, ALICE, "before");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let short = telegram.says(ME, WITH_ALICE, ALICE, "shortly").unwrap();
    let message = reader.message().await;
    assert_eq!((words(&message), message.id.clone(), message.direction), ("shortly", id(short), Direction::Incoming));
    assert_eq!((message.conversation.name.as_deref(), message.sender.id.as_str()), (Some("Alice"), "7200000002"));
    telegram.writes_elsewhere(ME, WITH_ALICE, "mine");
    let mine = reader.message().await;
    assert_eq!((mine.direction, mine.sender.id.as_str()), (Direction::Outgoing, "7100000001"));
    assert_eq!(mine.conversation.id.as_str(), "7200000002");
}
