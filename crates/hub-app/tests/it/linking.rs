//! Linking in two browsers: whoever opened the platform's page may not be whoever asked for the link.

use crate::fake::{linked, tokens};
use crate::talk::{Talk, register};
use hub_app::accounts::{
    self, About, Arrival, BeginConnect, ConnectProgress, Connecting, Decision, ResumeConnect, abandon, begin_connect,
    decide, give_up, question, resume_connect,
};
use hub_app::{AppError, Caller, PlatformError};
use hub_domain::connect::{Answers, Choice, Step};
use hub_platform_kit::platform::Progress;
use hub_testkit::Engine;
use hub_testkit::database::engines;
use serde_json::json;
use std::time::Duration;

fn redirect() -> Progress {
    let step = Step::Redirect { url: "https://platform.example/agree".to_owned() };
    Progress::Next { step, memory: json!({"verifier": "v"}) }
}

fn choice() -> Progress {
    let option = |id: &str| Choice { id: id.to_owned(), label: format!("Page {id}") };
    let step = Step::Choose { title: "Which page?".to_owned(), options: vec![option("p1"), option("p2")] };
    Progress::Next { step, memory: json!({"token": "of the person"}) }
}

fn page(id: &str) -> Progress {
    linked(id, tokens("page token", None, None))
}

/// Ada asked for a link, in a browser that holds `browser` or with a program that holds none.
async fn asked(engine: Engine, browser: Option<&str>) -> (Talk, String) {
    let talk = Talk::unlinked(engine, |_| {}).await;
    talk.test.fake.begins.then(Ok(redirect()));
    let begin = BeginConnect {
        platform: "telegram".to_owned(),
        browser: browser.map(str::to_owned),
        ..BeginConnect::default()
    };
    let connecting = begin_connect(talk.app(), &talk.caller, begin).await.expect("begun");
    (talk, connecting.state)
}

fn code() -> Answers {
    [("code".to_owned(), "c".to_owned())].into_iter().collect()
}

impl Talk {
    /// A browser comes back from the platform.
    async fn comes_back(&self, state: &str, browser: Option<&str>) -> Result<Connecting, AppError> {
        self.resumes(state, browser, None, Arrival::Redirect).await
    }

    async fn resumes(
        &self,
        state: &str,
        browser: Option<&str>,
        caller: Option<Caller>,
        arrival: Arrival,
    ) -> Result<Connecting, AppError> {
        let input = ResumeConnect {
            platform: "telegram".to_owned(),
            state: state.to_owned(),
            caller,
            browser: browser.map(str::to_owned),
            arrival,
            answers: code(),
        };
        resume_connect(self.app(), input).await
    }

    async fn decides(&self, state: &str, browser: Option<&str>, choice: Option<&str>) -> Result<Connecting, AppError> {
        let decision = Decision {
            state: state.to_owned(),
            browser: browser.map(str::to_owned),
            choice: choice.map(str::to_owned),
        };
        decide(self.app(), decision).await
    }

    async fn links(&self) -> usize {
        accounts::list(self.app(), &self.caller).await.expect("listed").len()
    }
}

fn asked_here(outcome: Result<Connecting, AppError>) -> (String, String) {
    match outcome.expect("goes on") {
        Connecting { state, progress: ConnectProgress::Page { browser } } => (state, browser),
        other => panic!("the person must be asked: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_did_not_ask_is_asked_and_the_one_who_asked_cannot_answer() {
    for engine in engines() {
        for choosing in [true, false] {
            let (talk, state) = asked(engine, Some("starter")).await;
            talk.test.fake.resumes.then(Ok(if choosing { choice() } else { page("p1") }));
            let (key, browser) = asked_here(talk.comes_back(&state, None).await);
            assert_eq!(talk.links().await, 0);
            assert!(key != state && browser != "starter");
            // Nothing the starter holds is good for anything: not their key, not their cookie, not their sign-in.
            for (key, cookie) in [(&state, Some("starter")), (&state, None), (&key, Some("starter")), (&key, None)] {
                assert!(matches!(question(talk.app(), key, cookie).await, Err(AppError::InvalidState)));
            }
            let caller = Some(talk.caller.clone());
            let own = talk.resumes(&state, Some("starter"), caller, Arrival::Program).await;
            assert!(matches!(own, Err(AppError::InvalidState)));
            let asked = question(talk.app(), &key, Some(&browser)).await.expect("this browser is asked");
            assert_eq!(asked.email, "ada@example.com");
            match (&asked.about, choosing) {
                (About::Account { name }, false) => assert_eq!(name, "p1"),
                (About::Choice { options, .. }, true) => assert_eq!(options.len(), 2),
                other => panic!("{other:?}"),
            }
            if choosing {
                talk.test.fake.resumes.then(Ok(page("p2")));
            }
            let done = talk.decides(&key, Some(&browser), choosing.then_some("p2")).await.expect("decided");
            assert!(matches!(done.progress, ConnectProgress::Linked(_)));
            assert_eq!(talk.links().await, 1);
            assert!(talk.decides(&key, Some(&browser), None).await.is_err(), "used up");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_gets_nothing() {
    for engine in engines() {
        let (talk, state) = asked(engine, Some("starter")).await;
        talk.test.fake.resumes.then(Ok(page("p1")));
        assert!(matches!(talk.comes_back(&state, Some("victim")).await, Err(AppError::InvalidState)));
        assert!(matches!(talk.comes_back(&state, Some("starter")).await, Err(AppError::InvalidState)), "used up");
        let (talk, state) = asked(engine, None).await;
        talk.test.fake.resumes.then(Ok(page("p1")));
        // A cookie of another attempt proves nothing about this one.
        let (key, browser) = asked_here(talk.comes_back(&state, Some("victim")).await);
        assert!(talk.decides(&key, Some("victim"), None).await.is_err());
        assert_eq!(talk.links().await, 0);
        assert!(question(talk.app(), &key, Some(&browser)).await.is_err(), "a wrong answer uses it up as well");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_browser_links_at_once_unless_there_is_a_choice() {
    for engine in engines() {
        let (talk, state) = asked(engine, Some("starter")).await;
        talk.test.fake.resumes.then(Ok(page("p1")));
        let done = talk.comes_back(&state, Some("starter")).await.expect("linked");
        assert!(matches!(done.progress, ConnectProgress::Linked(_)));
        assert!(matches!(talk.comes_back(&state, Some("starter")).await, Err(AppError::InvalidState)), "single use");
        let (talk, state) = asked(engine, Some("starter")).await;
        talk.test.fake.resumes.then(Ok(choice()));
        let (key, browser) = asked_here(talk.comes_back(&state, Some("starter")).await);
        // A wrong choice may be corrected.
        let wrong = PlatformError::bad_input("There is no such page.");
        talk.test.fake.resumes.then(Err(wrong)).then(Ok(page("p1")));
        assert!(matches!(talk.decides(&key, Some(&browser), Some("p9")).await, Err(AppError::Invalid(_))));
        talk.decides(&key, Some(&browser), Some("p1")).await.expect("corrected");
        assert_eq!(talk.links().await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_up_an_error_and_time_end_an_attempt() {
    for engine in engines() {
        let (talk, state) = asked(engine, None).await;
        talk.test.fake.resumes.then(Ok(page("p1")));
        let (key, browser) = asked_here(talk.comes_back(&state, None).await);
        assert_eq!(give_up(talk.app(), &key, Some(&browser)).await.expect("given up"), "telegram");
        assert!(talk.decides(&key, Some(&browser), None).await.is_err());
        let (talk, state) = asked(engine, Some("starter")).await;
        abandon(talk.app(), &state).await.expect("the platform said no");
        assert!(matches!(talk.comes_back(&state, Some("starter")).await, Err(AppError::InvalidState)));
        let (talk, state) = asked(engine, Some("starter")).await;
        talk.test.clock.advance(Duration::from_mins(10));
        assert!(matches!(talk.comes_back(&state, Some("starter")).await, Err(AppError::InvalidState)));
        assert_eq!(talk.links().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_may_take_ten_minutes_a_step_and_half_an_hour_in_all() {
    for engine in engines() {
        let (talk, state) = asked(engine, None).await;
        let mut taken = Duration::ZERO;
        // The same is asked again and again, always in time.
        let outcome = loop {
            talk.test.clock.advance(Duration::from_mins(9));
            taken += Duration::from_mins(9);
            talk.test.fake.resumes.then(Ok(choice()));
            let outcome = talk.resumes(&state, None, Some(talk.caller.clone()), Arrival::Program).await;
            if outcome.is_err() || taken > Duration::from_hours(2) {
                break outcome;
            }
        };
        assert!(matches!(outcome, Err(AppError::InvalidState)), "{outcome:?}");
        assert_eq!(taken, Duration::from_mins(36), "three steps in time, and a fourth one after the half hour");
        assert_eq!(talk.links().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_used_many_times_at_once_links_once() {
    for engine in engines() {
        let (talk, state) = asked(engine, Some("starter")).await;
        for _ in 0..8 {
            talk.test.fake.resumes.then(Ok(page("p1")));
        }
        let tries = (0..8).map(|_| talk.comes_back(&state, Some("starter")));
        let done = futures_util::future::join_all(tries).await;
        assert_eq!(done.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(talk.test.fake.count("resume"), 1, "a code reaches the platform once");
        // The same for the page.
        let (talk, state) = asked(engine, None).await;
        talk.test.fake.resumes.then(Ok(page("p1")));
        let (key, browser) = asked_here(talk.comes_back(&state, None).await);
        let tries = (0..8).map(|_| talk.decides(&key, Some(&browser), None));
        let done = futures_util::future::join_all(tries).await;
        assert_eq!(done.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(talk.links().await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_sign_in_finishes_nothing() {
    for engine in engines() {
        let (talk, state) = asked(engine, None).await;
        let eve = register(talk.app(), "eve@example.com").await;
        talk.test.fake.resumes.then(Ok(page("p1")));
        let stolen = talk.resumes(&state, None, Some(eve), Arrival::Program).await;
        assert!(matches!(stolen, Err(AppError::InvalidState)));
        assert_eq!(talk.test.fake.count("resume"), 0, "the code was not even tried");
    }
}
