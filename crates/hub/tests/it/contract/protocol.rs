//! The two sockets (D35, D36); who may open them and how they end is in `sockets`.

use super::scene::{Scene, everywhere};
use hub_testkit::Pushes;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d35_both_transports_tell_the_same() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let (mut raw, mut io) = (Pushes::open(&talk.user).await, Pushes::open_socket_io(&talk.user).await);
        scene.hear(2, "two").await;
        scene.hear(3, "the end").await;
        let (raw, io) = (raw.up_to_message("the end").await, io.up_to_message("the end").await);
        assert_eq!(raw, io);
        let names: Vec<&str> = raw.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["new_message", "unread_count_update", "conversation_update", "new_message"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d36_every_push_says_when_it_was_sent() {
    let scene = Scene::open().await;
    let talk = scene.talk("Hello").await;
    let mut pushes = [Pushes::open(&talk.user).await, Pushes::open_socket_io(&talk.user).await];
    let before = chrono::Utc::now();
    scene.hear(2, "two").await;
    talk.user.patch(&format!("/api/messages/{}/read", talk.message)).await;
    scene.hear(3, "the end").await;
    for pushes in &mut pushes {
        let told = pushes.up_to_message("the end").await;
        assert!(told.len() >= 7, "{told:?}");
        for (name, data) in told {
            let Value::String(at) = &data["timestamp"] else { panic!("{name}: {data}") };
            assert!(at.len() == 24 && at.ends_with('Z'), "{name}: {at}");
            let at = chrono::DateTime::parse_from_rfc3339(at).expect("a time").to_utc();
            assert!((at - before).num_seconds().abs() < 60, "{name}: when it was sent, not when it was said");
        }
    }
}
