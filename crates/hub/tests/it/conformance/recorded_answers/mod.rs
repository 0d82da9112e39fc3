//! Every recorded answer of X, LinkedIn and Teams, given by the simulator to the call that the hub makes by itself. What the hub
//! makes of it is looked at through the API, as its clients do. Their index tells classes of errors and no flags, and names the
//! call; what it expects and nobody compares is a failure.

mod linkedin;
mod messages;
mod reading;
mod sending;
mod signing_in;
mod teams;
mod twitter;

use super::linkedin::LinkedIn;
use super::teams::Teams;
use super::twitter::Twitter;
use aws_lc_rs::digest;
use futures_util::FutureExt;
use hub_testkit::conformance::{Stage, Subject};
use hub_testkit::database::engines;
use hub_testkit::expect::Expected;
use hub_testkit::{Engine, eventually, recorded};
use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::path::Path;

/// Jobs that are due within so many seconds are waited for.
const SOON_S: i64 = 5;

/// What waits for an operator is answered at once.
const NOT_WAITED_FOR: (&str, &str) = ("SEND_WAIT_MS", "300");

/// One recorded answer.
struct Entry {
    id: String,
    method: String,
    path: String,
    /// Names of the parameters of its call.
    query: Vec<String>,
    /// The body of its call.
    asked: Value,
    answer: Answer,
    expect: Map<String, Value>,
}

/// An answer of a platform.
#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string().into_bytes() }
    }
}

/// A call that a simulator got.
#[derive(Clone, Debug)]
struct Asked {
    method: String,
    /// What the path ends with at least.
    path: String,
    query: BTreeMap<String, String>,
    body: Value,
    status: Option<u16>,
}

/// A platform whose simulator gives recorded answers.
trait Recorded: Subject {
    /// Its folder among the adapters.
    const FOLDER: &'static str;
    /// Answers of its index that the hub meets.
    const COUNT: usize;
    /// Answers to calls that the hub never makes, and why it does not.
    const NEVER: &'static [(&'static str, &'static str)];
    /// Answers that the hub gets by another path than the recorded one, and why.
    const ELSEWHERE: &'static [(&'static str, &'static str, &'static str)];
    /// What the index knows and the API does not show, and why. Exactly this is passed over.
    const HIDDEN: &'static [(&'static str, &'static str)];

    /// Settings of the hub that meets an answer.
    fn settings_for(_id: &str) -> &'static [(&'static str, &'static str)] {
        &[]
    }
    /// The next call that goes by this name in the simulator is answered so.
    fn answer(&self, place: &str, answer: Answer);
    /// Answers that no call has met yet.
    fn left(&self) -> usize;
    /// Every call, in order.
    fn asked(&self) -> Vec<Asked>;
    /// From now on the platform knows tokens of the first account that a recorded answer hands out.
    fn knows_tokens(&self, access: &str, refresh: Option<&str>);
    /// From now on none of the first account's tokens work, nor can they be renewed.
    fn kill(&self);
    /// Makes the hub ask, and looks at what comes of it.
    async fn meet(case: &mut Case<'_, Self>);
}

/// One answer with a hub of its own.
struct Case<'a, S> {
    stage: Stage<S>,
    entry: &'a Entry,
    expected: Expected,
    hidden: BTreeSet<String>,
}

fn entries<S: Recorded>() -> Vec<Entry> {
    let index = recorded::index(S::FOLDER);
    let all = index["fixtures"].as_array().expect("a list").iter().filter(|one| one["kind"] == "api-response");
    let read = |one: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text in {one}")).to_owned();
        let body = recorded::payload(S::FOLDER, &text(&one["file"]));
        let sum = hex::encode(digest::digest(&digest::SHA256, &body));
        assert_eq!(one["body_sha256"], sum.as_str(), "{} was changed", one["file"]);
        let request = &one["http"]["request"];
        let headers = one["http"]["headers"].as_object().into_iter().flatten();
        let status = one["http"]["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        Entry {
            id: text(&one["id"]),
            method: text(&request["method"]),
            path: text(&request["path"]),
            query: request["query"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect(),
            asked: request["body"].clone(),
            answer: Answer {
                status: status.expect("a status"),
                headers: headers.map(|(name, value)| (name.clone(), text(value))).collect(),
                body,
            },
            expect: one["expect"].as_object().expect("expectations").clone(),
        }
    };
    all.map(read).collect()
}

/// Every answer of a platform's index.
async fn all<S: Recorded>(engine: Engine) {
    let (mut met, mut never, mut hidden, mut failed) = (0, 0, BTreeSet::new(), Vec::new());
    for entry in &entries::<S>() {
        if S::NEVER.iter().any(|(id, _)| *id == entry.id) {
            never += 1;
            continue;
        }
        // One that fails does not hide the next.
        match AssertUnwindSafe(Box::pin(one::<S>(engine, entry))).catch_unwind().await {
            Ok(passed_over) => hidden.extend(passed_over),
            Err(_) => failed.push(entry.id.clone()),
        }
        met += 1;
    }
    assert_eq!(failed, Vec::<String>::new(), "of {}", S::FOLDER);
    assert_eq!((met, never), (S::COUNT, S::NEVER.len()), "{}: an index that lost some", S::FOLDER);
    let known: BTreeSet<String> = S::HIDDEN.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(hidden, known, "{}: what the API does not show", S::FOLDER);
}

/// Gives what the API does not show of it.
async fn one<S: Recorded>(engine: Engine, entry: &Entry) -> BTreeSet<String> {
    let binary = Path::new(env!("CARGO_BIN_EXE_hub"));
    let stage = Stage::<S>::open_with(binary, engine, S::settings_for(&entry.id)).await;
    let expected = Expected::new(&entry.expect, format!("{}/{}", S::FOLDER, entry.id));
    let mut case = Case { stage, entry, expected, hidden: BTreeSet::new() };
    S::meet(&mut case).await;
    case.was_met();
    let Case { stage, expected, hidden, .. } = case;
    expected.done();
    stage.finish().await;
    hidden
}

impl<S: Recorded> Case<'_, S> {
    /// The recorded answer is the next one there.
    fn give(&self, place: &str) {
        self.stage.subject.answer(place, self.entry.answer.clone());
    }

    /// Something else is.
    fn give_other(&self, place: &str, body: &Value) {
        self.stage.subject.answer(place, Answer::json(200, body));
    }

    /// The recorded answer, as JSON.
    fn said(&self) -> Value {
        serde_json::from_slice(&self.entry.answer.body).expect("JSON")
    }

    /// The path by which the hub asks.
    fn path(&self) -> &str {
        let other = S::ELSEWHERE.iter().find(|(known, ..)| *known == self.entry.id);
        other.map_or(self.entry.path.as_str(), |(_, path, _)| path)
    }

    /// The answer was given to the very call that was recorded.
    fn was_met(&self) {
        let Entry { id, method, query, answer, .. } = self.entry;
        let path = self.path();
        assert_eq!(self.stage.subject.left(), 0, "{id}: an answer is left");
        let asked = self.stage.subject.asked();
        let is_it = |one: &&Asked| {
            one.method == *method
                && path.ends_with(&one.path)
                && one.status == Some(answer.status)
                && query.iter().all(|name| one.query.contains_key(name))
        };
        assert!(asked.iter().any(|one| is_it(&one)), "{id}: {method} {path} was not asked: {asked:#?}");
    }

    /// Calls whose path ends so, of one method.
    fn calls(&self, method: &str, path: &str) -> Vec<Asked> {
        let asked = self.stage.subject.asked().into_iter();
        asked.filter(|one| one.method == method && (one.path.ends_with(path) || path.ends_with(&one.path))).collect()
    }

    /// Waits until every answer was given.
    async fn met(&self) {
        let what = format!("{}: the recorded answer is asked for", self.entry.id);
        eventually(&what, async || (self.stage.subject.left() == 0).then_some(())).await;
    }

    /// Links the first account, and waits until the hub does nothing by itself any more.
    async fn link(&self) {
        self.stage.link().await;
        self.at_rest().await;
    }

    /// No job is due.
    async fn at_rest(&self) {
        eventually("the hub is at rest", async || {
            let soon = (chrono::Utc::now() + chrono::TimeDelta::seconds(SOON_S)).format("%Y-%m-%dT%H:%M:%S%.6fZ");
            let due =
                format!("SELECT kind FROM hub_jobs WHERE state = 'running' OR (state = 'ready' AND run_at < '{soon}')");
            self.stage.database.texts(due).await.is_empty().then_some(())
        })
        .await;
    }

    /// The id of the first account here.
    async fn account(&self) -> String {
        let accounts = self.stage.accounts(&self.stage.user).await;
        accounts.first().expect("an account")["id"].as_str().expect("an id").to_owned()
    }

    /// Somebody wants to know what is new; gives what went wrong.
    async fn sync(&self) -> Option<String> {
        let (status, told) = self.stage.user.post("/api/messages/sync", &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        let results = told["accountResults"].as_array().expect("a list");
        assert_eq!(results.len(), 1, "{told}");
        assert_eq!(results[0]["success"] == true, results[0]["error"].is_null(), "{told}");
        results[0]["error"].as_str().map(str::to_owned)
    }

    /// The conversation of a message, as it is listed.
    async fn conversation_of(&self, message: &Value) -> Value {
        let (_, page) = self.stage.user.get("/api/conversations?limit=100").await;
        let all = page["conversations"].as_array().expect("a list");
        all.iter().find(|one| one["id"] == message["conversation_id"]).expect("its conversation").clone()
    }

    /// Passes over a member that the API does not show.
    fn hide(&mut self, expected: &mut Expected, section: &str, names: &[&str]) {
        for name in names {
            if !expected.take(name).is_null() {
                self.hidden.insert(format!("{section}.{name}"));
            }
        }
    }
}

/// The tests of one platform on one engine.
macro_rules! answered {
    ($($name:ident: $engine:expr, $platform:ty;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if engines().contains(&$engine) {
                    Box::pin(all::<$platform>($engine)).await;
                }
            }
        )*
    };
}

answered! {
    every_answer_of_x_is_understood_on_sqlite: Engine::Sqlite, Twitter;
    every_answer_of_x_is_understood_on_postgres: Engine::Postgres, Twitter;
    every_answer_of_linkedin_is_understood_on_sqlite: Engine::Sqlite, LinkedIn;
    every_answer_of_linkedin_is_understood_on_postgres: Engine::Postgres, LinkedIn;
    every_answer_of_teams_is_understood_on_sqlite: Engine::Sqlite, Teams;
    every_answer_of_teams_is_understood_on_postgres: Engine::Postgres, Teams;
}
