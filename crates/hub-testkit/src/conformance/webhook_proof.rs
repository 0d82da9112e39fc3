//! Whose deliveries are believed, and how often.

use super::Stage;
use super::subject::Subject;
use crate::{Client, Engine, Pushes};
use chrono::Utc;
use reqwest::{Method, StatusCode};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// One delivery comes this often, over so many connections at once.
const REPEATS: usize = 20;
const CONNECTIONS: usize = 8;

/// The hub's address is checked with the right token only; a missing, wrong, shortened, repeated or foreign proof stores
/// nothing; the right one does.
pub async fn proves_its_origin<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    if !stage.offers("webhook") {
        return stage.finish().await;
    }
    let path = stage.address();
    if let Some(challenge) = stage.subject.challenge() {
        let ask = async |query: &str| {
            let request = stage.hub.client().request(Method::GET, &format!("{path}?{query}"));
            let answer = request.send().await.expect("an answer");
            (answer.status(), answer.text().await.expect("a body"))
        };
        assert_eq!(ask(&challenge.right).await, (StatusCode::OK, challenge.answer.clone()));
        for wrong in &challenge.wrong {
            let (status, body) = ask(wrong).await;
            assert!(status.is_client_error() && !body.contains(&challenge.answer), "{wrong}: {status} {body}");
        }
    }

    let account = stage.subject.account(0);
    let body = |number: i64| {
        let event = stage.event(number, 1, "proven", Utc::now());
        stage.subject.deliveries(&account, vec![event])[0].to_string().into_bytes()
    };
    if stage.deliver_forgeries(&[stage.event(900_001, 1, "proven", Utc::now())]).await {
        assert!(stage.all("proven").await.is_empty(), "nothing of it is stored");
        assert_eq!(stage.deliver(&body(900_001)).await, Stage::<S>::taken());
        stage.message("proven").await;
        return stage.finish().await;
    }
    let (first, second) = (body(900_001), body(900_002));
    let cut = |value: &str| value[..value.len() - 1].to_owned();
    let turned = |value: &str| {
        let last = if value.ends_with('0') { '1' } else { '0' };
        format!("{}{last}", cut(value))
    };
    let kept = async |stage: &Stage<S>| stage.database.texts("SELECT digest FROM hub_receipts").await.len();
    let before = kept(&stage).await;
    let mut tries = vec![
        ("no proof", stage.deliver_with(&first, |_, _| Vec::new()).await),
        ("an empty one", stage.deliver_with(&first, |name, _| vec![(name, String::new())]).await),
        ("a wrong one", stage.deliver_with(&first, |name, value| vec![(name, turned(&value))]).await),
        ("a shortened one", stage.deliver_with(&first, |name, value| vec![(name, cut(&value))]).await),
        ("a lengthened one", stage.deliver_with(&first, |name, value| vec![(name, format!("{value}0"))]).await),
        (
            "the right one twice",
            stage.deliver_with(&first, |name, value| vec![(name, value.clone()), (name, value)]).await,
        ),
        (
            "a wrong one beside the right one",
            stage.deliver_with(&first, |name, value| vec![(name, turned(&value)), (name, value)]).await,
        ),
    ];
    let (_, of_second) = stage.subject.proof(&second);
    if of_second != stage.subject.proof(&first).1 {
        tries.push(("that of other bytes", stage.deliver_with(&first, |name, _| vec![(name, of_second)]).await));
    }
    for (what, status) in tries {
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}");
    }
    assert!(stage.all("proven").await.is_empty(), "nothing of it is stored");
    assert_eq!(kept(&stage).await, before, "not even as a receipt");

    assert_eq!(stage.deliver(&first).await, Stage::<S>::taken());
    stage.message("proven").await;
    stage.finish().await;
}

/// The same delivery over many connections at once is one message, one push, one unread.
pub async fn takes_one_delivery_once<S: Subject>(binary: &Path, engine: Engine) {
    let mut stage = Stage::<S>::linked(binary, engine).await;
    if !stage.offers("webhook") {
        return stage.finish().await;
    }
    let mut pushes = Pushes::open(&stage.user).await;
    let account = stage.subject.account(0);
    let event = stage.event(900_001, 1, "once", Utc::now());
    let body = stage.subject.deliveries(&account, vec![event.clone()])[0].to_string().into_bytes();
    let (name, value) = stage.subject.proof(&body);
    let path = stage.address();
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let mut running = JoinSet::new();
    let clients: Vec<Client> = (0..CONNECTIONS).map(|_| stage.hub.client()).collect();
    for number in 0..REPEATS {
        let request = clients[number % CONNECTIONS].request(Method::POST, &path).header(name, &value);
        let request = request.header("Content-Type", "application/json").body(body.clone());
        let connections = connections.clone();
        running.spawn(async move {
            let _place = connections.acquire().await.expect("open");
            request.send().await.expect("an answer").status()
        });
    }
    while let Some(status) = running.join_next().await {
        assert_eq!(status.expect("it ran"), Stage::<S>::taken(), "a repeat is a success");
    }
    assert_eq!(stage.all("once").await.len(), 1);
    assert_eq!(stage.unread().await, 1);
    stage.hear(2, "a mark").await;
    let seen = pushes.up_to_message("a mark").await;
    let told = seen.iter().filter(|(name, data)| name == "new_message" && data["message"]["content"] == "once").count();
    assert_eq!(told, 1, "clients are told once");

    // Beside others in other bytes, and after a power cut.
    let at = Utc::now();
    stage.deliver_events(vec![event.clone(), stage.event(900_002, 1, "beside", at)]).await;
    stage.restart().await;
    assert_eq!(stage.deliver(&body).await, Stage::<S>::taken());
    stage.deliver_events(vec![event, stage.event(900_003, 1, "after the cut", at)]).await;
    stage.message("after the cut").await;
    for words in ["once", "beside", "after the cut"] {
        assert_eq!(stage.all(words).await.len(), 1, "{words}");
    }
    assert_eq!(stage.unread().await, 4);
    stage.finish().await;
}
