//! Reading and marking messages (D26, D27, D30, D31, C5, C6, C10, C14, C15).

use super::scene::{NOBODYS, PERSON, Scene, everywhere};
use crate::support::{BOT_TOKEN, bot_update};
use hub_testkit::{Pushes, eventually};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Words of a page, in its order.
fn words(page: &Value) -> Vec<&str> {
    let messages = page["messages"].as_array().expect("a list").iter();
    messages.map(|message| message["content"].as_str().expect("words")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d26_all_messages_come_from_the_database_newest_first() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("one").await;
        for (number, words) in [(2, "two"), (3, "three")] {
            scene.hear(number, words).await;
        }
        let (status, page) = talk.user.get("/api/messages").await;
        assert_eq!((status, words(&page)), (StatusCode::OK, vec!["three", "two", "one"]));
        assert_eq!((&page["count"], &page["total"], &page["hasMore"]), (&json!(3), &json!(3), &json!(false)));
        let (_, page) = talk.user.get("/api/messages?limit=1&offset=1").await;
        assert_eq!((words(&page), &page["hasMore"]), (vec!["two"], &json!(true)));
        let since = page["messages"][0]["sent_at"].as_str().expect("a time");
        let (_, page) = talk.user.get(&format!("/api/messages?since={since}")).await;
        assert_eq!(words(&page), ["three", "two"], "that moment counts");
        talk.user.delete(&format!("/api/oauth/disconnect/{}", talk.account)).await;
        let (_, page) = talk.user.get("/api/messages").await;
        assert_eq!((words(&page).len(), &page["total"]), (0, &json!(0)), "active accounts only");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d27_pages_have_bounds() {
    let scene = Scene::open().await;
    let talk = scene.talk("Hello").await;
    let thread = format!("/api/messages/{}", talk.conversation);
    for path in ["/api/messages", "/api/conversations", thread.as_str()] {
        for (query, words) in [
            ("limit=0", "\"limit\" must be greater than or equal to 1"),
            ("limit=101", "\"limit\" must be less than or equal to 100"),
            ("limit=1.5", "\"limit\" must be an integer"),
            ("limit=ten", "\"limit\" must be a number"),
            ("offset=-1", "\"offset\" must be greater than or equal to 0"),
            ("offset=x", "\"offset\" must be a number"),
        ] {
            let (status, body) = talk.user.get(&format!("{path}?{query}")).await;
            assert_eq!((status.as_u16(), &body["error"]["details"][0]["message"]), (400, &json!(words)), "{path}");
        }
        for query in ["limit=1", "limit=100&offset=0", "offset=4000", "colour=blue"] {
            assert_eq!(talk.user.get(&format!("{path}?{query}")).await.0, StatusCode::OK, "{path}?{query}");
        }
        let (_, body) = talk.user.get(&format!("{path}?limit=0&offset=-1")).await;
        assert_eq!(body["error"]["details"].as_array().map(Vec::len), Some(2), "all problems at once");
        assert_eq!(body["error"]["message"], "Request validation failed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d30_one_message_can_be_marked_by_its_owner_alone() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("one").await;
        scene.hear(2, "two").await;
        let mut pushes = Pushes::open(&talk.user).await;
        let path = format!("/api/messages/{}/read", talk.message);
        let eve = scene.user("eve@example.com").await;
        for (client, path) in [(&eve, path.as_str()), (&talk.user, &format!("/api/messages/{NOBODYS}/read"))] {
            let (status, body) = client.patch(path).await;
            assert_eq!((status.as_u16(), &body["message"]), (404, &json!("Message not found")));
        }
        for _ in 0..2 {
            let (status, body) = talk.user.patch(&path).await;
            assert_eq!((status.as_u16(), body), (200, json!({"success": true, "message": "Message marked as read"})));
            assert_eq!(talk.shown().await["unread_count"], 1, "twice counts once");
        }
        let mut told = Vec::new();
        while told.len() < 3 {
            told.push(pushes.next().await);
        }
        let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["message_status_update", "unread_count_update", "conversation_update"]);
        assert_eq!((&told[0].1["messageId"], &told[0].1["status"]), (&json!(talk.message), &json!("read")));
        assert_eq!(told[1].1["totalUnread"], 1);
        assert_eq!(told[2].1["conversation"]["unreadCount"], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d31_unread_counts_name_every_connected_platform() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let user = scene.user("ada@example.com").await;
        assert_eq!(user.get("/api/messages/unread/count").await.1, json!({"total": 0, "byPlatform": {}}));
        user.link_bot(BOT_TOKEN).await;
        let (_, counts) = user.get("/api/messages/unread/count").await;
        assert_eq!(counts, json!({"total": 0, "byPlatform": {"telegram": 0}}), "a zero takes the badge away");
        scene.hub.receive(&user, 1, PERSON, "Hello").await;
        let (_, counts) = user.get("/api/messages/unread/count").await;
        assert_eq!(counts, json!({"total": 1, "byPlatform": {"telegram": 1}}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c05_unread_is_the_number_of_unread_messages() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("one").await;
        assert_eq!(talk.shown().await["unread_count"], 1, "one after the first");
        scene.hear(2, "two").await;
        assert_eq!(talk.shown().await["unread_count"], 2);
        scene.hear(3, "three").await;
        talk.user.patch(&format!("/api/messages/{}/read", talk.message)).await;
        assert_eq!(talk.shown().await["unread_count"], 2);
        assert_eq!(talk.user.get("/api/messages/unread/count").await.1["total"], 2);
        // What an original left wrong is counted anew at the next start.
        let Scene { hub, database } = scene;
        drop(hub);
        database.change("UPDATE conversations SET unread_count = 17").await;
        let again = Scene::over(database, &[]).await;
        let user = again.client().login("ada@example.com").await;
        eventually("the counts are mended", async || {
            let (_, counts) = user.get("/api/messages/unread/count").await;
            (counts["total"] == 2).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c06_a_message_is_told_once_with_its_conversation() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("one").await;
        let mut sockets = [Pushes::open(&talk.user).await, Pushes::open_socket_io(&talk.user).await];
        scene.hear(2, "two").await;
        // The same again, as platforms do: in the same bytes, and in others.
        scene.hub.deliver(&bot_update(2, PERSON, "two")).await;
        let mut other = bot_update(2, PERSON, "two");
        other["update_id"] = 900.into();
        scene.hub.deliver(&other).await;
        scene.hear(3, "the end").await;
        for pushes in &mut sockets {
            let seen = pushes.up_to_message("the end").await;
            let told: Vec<&Value> =
                seen.iter().filter(|(name, _)| name == "new_message").map(|(_, data)| data).collect();
            let words: Vec<&str> = told.iter().filter_map(|data| data["message"]["content"].as_str()).collect();
            assert_eq!(words, ["two", "the end"]);
            for data in told {
                assert_eq!(data["conversation"]["id"], talk.conversation.as_str());
                assert_eq!(data["conversation"]["id"], data["message"]["conversationId"]);
            }
        }
        assert_eq!(talk.messages().await.len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c10_marking_and_listing_work_with_several_messages() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("number 1").await;
        for number in 2..=5 {
            scene.hear(number, &format!("number {number}")).await;
        }
        let (status, page) = talk.user.get("/api/messages").await;
        assert_eq!((status.as_u16(), words(&page).len()), (200, 5));
        for (number, message) in talk.messages().await.iter().enumerate() {
            let id = message["id"].as_str().expect("an id");
            assert_eq!(talk.user.patch(&format!("/api/messages/{id}/read")).await.0, StatusCode::OK);
            assert_eq!(talk.shown().await["unread_count"], 4 - number);
        }
        assert!(talk.messages().await.iter().all(|message| message["is_read"] == true));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c14_the_time_of_the_last_message_never_moves_back() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("one").await;
        scene.hear(50, "late").await;
        let latest = talk.shown().await["last_message_at"].clone();
        // A delivery that was on its way for long.
        scene.hear(3, "early").await;
        assert_eq!(talk.messages().await.len(), 3);
        assert_eq!(talk.shown().await["last_message_at"], latest);
        scene.hear(60, "later").await;
        assert!(talk.shown().await["last_message_at"].as_str() > latest.as_str());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c15_what_is_sent_is_sealed_lists_are_open_and_counts_do_not_sink() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("question").await;
        assert_eq!(talk.send("answer").await.0, StatusCode::CREATED);
        let (_, page) = talk.user.get(&format!("/api/messages/{}", talk.conversation)).await;
        assert_eq!(words(&page).iter().filter(|words| ["question", "answer"].contains(words)).count(), 2, "{page}");
        for kept in scene.database.texts("SELECT content FROM messages").await.into_iter().flatten() {
            let (vector, sealed) = kept.split_once(':').expect("the originals' envelope");
            assert_eq!((vector.len(), sealed.len() % 32), (32, 0), "{kept}");
        }
        let path = format!("/api/messages/conversation/{}/read", talk.conversation);
        for _ in 0..3 {
            let (status, body) = talk.user.patch(&path).await;
            assert_eq!(
                (status.as_u16(), body),
                (200, json!({"success": true, "message": "All messages marked as read"}))
            );
            assert_eq!(talk.shown().await["unread_count"], 0);
        }
        scene.hear(9, "again").await;
        assert_eq!(talk.shown().await["unread_count"], 1, "not below the truth");
    })
    .await;
}
