//! A platform as the run works it: any subject of the conformance suite, whichever it is.

use crate::conformance::browser::{Browser, values};
use crate::conformance::subject::{Decision, Fault, Meanwhile, Said, Subject};
use crate::{Client, eventually};
use futures_util::future::LocalBoxFuture;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::cell::{Cell, OnceCell};
use std::time::Duration;
use url::Url;

/// Pages the hub may lead to between the platform and the front end.
const MAX_PAGES: usize = 4;

/// Numbers of what is delivered by hand begin here, beyond those of the simulators.
const FIRST_NUMBER: i64 = 500_000;

/// One platform with one account, whose kind is not known.
pub trait Actor {
    /// Id of the card.
    fn card(&self) -> &'static str;
    /// The hub's environment that leads to its simulator.
    fn settings(&self) -> Vec<(&'static str, String)>;
    /// What an operator does once the hub is up.
    fn set_up<'a>(&'a self, hub: &'a str) -> LocalBoxFuture<'a, ()>;
    /// Links the account for a user; gives its id here.
    fn link<'a>(&'a self, user: &'a Client) -> LocalBoxFuture<'a, String>;
    /// True when the platform tells by itself what it keeps: then nothing is delivered by hand.
    fn keeps(&self) -> bool;
    /// The platform cuts that line; false = there is none.
    fn cut_line(&self) -> bool;
    /// A person writes and the platform tells of it by itself.
    fn say(&self, person: usize, words: &str);
    /// Delivers what a person said, as the platform would; true once the hub took it.
    fn deliver<'a>(&'a self, hub: &'a Client, number: i64, person: usize, words: &'a str) -> LocalBoxFuture<'a, bool>;
    /// Words of every message the platform took, in order.
    fn got(&self) -> Vec<String>;
    /// The next send goes wrong at the platform; false = it cannot go wrong so.
    fn fault(&self, fault: Fault) -> bool;
    /// What was delivered last comes once more; false = it does not by itself.
    fn tell_again(&self) -> bool;
    /// Deliveries are held back, or go in the wrong order; false = not by itself.
    fn hold_back(&self, held: bool) -> bool;
    /// The platform stops telling, without a word, or begins again; false = it cannot.
    fn fall_silent(&self, silent: bool) -> LocalBoxFuture<'_, bool>;
    /// Somebody else has the platform call `url`: what becomes of what is said then. `None` = nobody can.
    fn take_over<'a>(&'a self, url: &'a str) -> LocalBoxFuture<'a, Option<Meanwhile>>;
    /// They let go of it; false = the hub must take it back.
    fn let_go(&self) -> LocalBoxFuture<'_, bool>;
    /// The line the hub holds is dead, or is mended; false = it holds none.
    fn cut_off(&self, cut: bool) -> bool;
    /// The account's token ends before its time; false = it does not.
    fn end_token(&self) -> bool;
    /// How often it was renewed; `None` = it never is.
    fn renewals(&self) -> Option<usize>;
    /// Time passes at the platform.
    fn pass(&self, time: Duration);
    /// The platform takes its permission back.
    fn revoke(&self) -> bool;
}

/// A subject, and the people who write to its first account.
pub struct Played<S> {
    subject: S,
    account: String,
    people: Vec<String>,
    began: chrono::DateTime<chrono::Utc>,
    /// The platform's published name, once it is known.
    platform: OnceCell<String>,
    /// The platform tells by itself what people say, keeps it, and can be asked for it.
    keeps: bool,
    /// Number of the last thing that was said there.
    last_said: Cell<i64>,
}

impl<S: Subject> Played<S> {
    /// Starts the simulator of a platform that tells by itself what it keeps, and can be asked for it.
    pub async fn start_keeping(people: usize) -> Self {
        Self { keeps: true, ..Self::start(people).await }
    }

    /// Starts the simulator.
    pub async fn start(people: usize) -> Self {
        let subject = S::start().await;
        let account = subject.account(0);
        let people = (0..people).map(|number| subject.person(number)).collect();
        // Everything is said within the last minutes, a second apart.
        let began = chrono::Utc::now() - chrono::TimeDelta::minutes(50);
        Self { subject, account, people, began, platform: OnceCell::new(), keeps: false, last_said: Cell::new(0) }
    }

    async fn platform(&self, user: &Client) -> String {
        if let Some(known) = self.platform.get() {
            return known.clone();
        }
        let (status, listed) = user.get("/api/platforms").await;
        assert_eq!(status, StatusCode::OK, "{listed}");
        let cards = listed["platforms"].as_array().expect("a list").iter();
        let mut mine = cards.filter(|card| card["id"] == S::CARD);
        let name = mine.next().and_then(|card| card["platform"].as_str()).expect("the card is listed").to_owned();
        self.platform.get_or_init(|| name).clone()
    }

    async fn link_now(&self, user: &Client) -> String {
        let platform = self.platform(user).await;
        let id = if let Some(form) = self.subject.form(S::METHOD, &self.account) {
            let body = json!({"method": S::METHOD, "answers": form.good});
            let (status, linked) = user.post(&format!("/api/oauth/connect/{platform}"), &body).await;
            assert_eq!(status, StatusCode::OK, "{linked}");
            let linked = self.answer_further(user, &platform, linked).await;
            linked["accountId"].as_str().expect("an id").to_owned()
        } else {
            let mut browser = Browser::new();
            let (page, _) = browser.begin(user, &platform, S::METHOD).await;
            let granted = [self.account.clone()];
            let back = self.subject.consent(S::METHOD, &page, Decision::Accept(&granted)).await.expect("it leads back");
            let choice = self.subject.choice(S::METHOD, &self.account);
            landed(&mut browser, user.base(), &back, &choice).await
        };
        eventually("the platform calls", async || self.subject.is_called(&self.account).then_some(())).await;
        id
    }

    /// Fills in the forms that follow the first one; gives the last answer.
    async fn answer_further(&self, user: &Client, platform: &str, mut asked: Value) -> Value {
        for answers in self.subject.further(S::METHOD, &self.account) {
            let body = json!({"state": asked["state"], "answers": answers});
            let (status, next) = user.post(&format!("/api/oauth/connect/{platform}"), &body).await;
            assert_eq!(status, StatusCode::OK, "{next}");
            asked = next;
        }
        asked
    }

    async fn deliver_now(&self, hub: &Client, number: i64, person: usize, words: &str) -> bool {
        if self.keeps {
            // Whatever becomes of the call, it can be read.
            if self.last_said.replace(self.last_said.get().max(number)) < number {
                self.subject.say(&self.account, &self.people[person], words);
            }
            return true;
        }
        let at = self.began + chrono::TimeDelta::seconds(number);
        let said = Said { number: FIRST_NUMBER + number, person: &self.people[person], words, at };
        let own = self.subject.address(&self.account);
        let path = match own {
            Some(path) => path,
            None => format!("/api/webhooks/{}", self.platform.get().expect("the account is linked")),
        };
        let event = self.subject.event(&self.account, &said);
        for delivery in self.subject.deliveries(&self.account, vec![event]) {
            let body = delivery.to_string().into_bytes();
            let (name, value) = self.subject.proof(&body);
            let request = hub.request(Method::POST, &path).header("Content-Type", "application/json");
            match request.header(name, value).body(body).send().await {
                Ok(answer) if answer.status().as_u16() == S::TAKEN => {}
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    assert!(status == 503, "{}: only success and 503 are honest here, not {status}", S::CARD);
                    return false;
                }
                Err(_) => return false,
            }
        }
        true
    }
}

impl<S: Subject> Actor for Played<S> {
    fn card(&self) -> &'static str {
        S::CARD
    }
    fn settings(&self) -> Vec<(&'static str, String)> {
        [self.subject.settings(), self.subject.make_room()].concat()
    }
    fn set_up<'a>(&'a self, hub: &'a str) -> LocalBoxFuture<'a, ()> {
        Box::pin(self.subject.set_up(hub))
    }
    fn link<'a>(&'a self, user: &'a Client) -> LocalBoxFuture<'a, String> {
        Box::pin(self.link_now(user))
    }
    fn keeps(&self) -> bool {
        self.keeps
    }
    fn cut_line(&self) -> bool {
        self.subject.cut_line(&self.account)
    }
    fn say(&self, person: usize, words: &str) {
        self.subject.say(&self.account, &self.people[person], words);
    }
    fn deliver<'a>(&'a self, hub: &'a Client, number: i64, person: usize, words: &'a str) -> LocalBoxFuture<'a, bool> {
        Box::pin(self.deliver_now(hub, number, person, words))
    }
    fn got(&self) -> Vec<String> {
        let got = self.subject.got(&self.account).into_iter();
        got.filter(|got| got.what.is_message()).filter_map(|got| got.words).collect()
    }
    fn fault(&self, fault: Fault) -> bool {
        self.subject.fault(&self.account, fault)
    }
    fn tell_again(&self) -> bool {
        self.subject.tell_again()
    }
    fn hold_back(&self, held: bool) -> bool {
        self.subject.hold_back(held)
    }
    fn fall_silent(&self, silent: bool) -> LocalBoxFuture<'_, bool> {
        Box::pin(self.subject.fall_silent(&self.account, silent))
    }
    fn take_over<'a>(&'a self, url: &'a str) -> LocalBoxFuture<'a, Option<Meanwhile>> {
        Box::pin(self.subject.take_over(&self.account, url))
    }
    fn let_go(&self) -> LocalBoxFuture<'_, bool> {
        Box::pin(self.subject.let_go(&self.account))
    }
    fn cut_off(&self, cut: bool) -> bool {
        self.subject.cut_off(&self.account, cut)
    }
    fn end_token(&self) -> bool {
        self.subject.end_token(&self.account)
    }
    fn renewals(&self) -> Option<usize> {
        self.subject.renewals(&self.account)
    }
    fn pass(&self, time: Duration) {
        self.subject.pass(time);
    }
    fn revoke(&self) -> bool {
        self.subject.revoke(&self.account)
    }
}

/// Comes back from the platform and answers what the hub asks; gives the id of the linked account.
async fn landed(browser: &mut Browser, hub: &str, back: &str, choice: &str) -> String {
    let mut page = browser.get(back.split('#').next().unwrap_or(back)).await;
    for _ in 0..MAX_PAGES {
        let to = page.location.clone().unwrap_or_else(|| panic!("it leads nowhere: {page:?}"));
        let url = Url::parse(hub).expect("an address").join(&to).expect("an address");
        if url.path() != "/api/oauth/continue" {
            let told =
                |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
            assert_eq!(told("success").as_deref(), Some("true"), "{url}");
            return told("accountId").expect("an id");
        }
        let asked = browser.get(url.as_str()).await;
        let state = values(&asked.body, "state").pop().expect("the form names its attempt");
        let mut fields = vec![("state", state.as_str()), ("action", "link")];
        if !values(&asked.body, "choice").is_empty() {
            fields.push(("choice", choice));
        }
        page = browser.post(&format!("{hub}/api/oauth/continue"), &fields).await;
    }
    panic!("the hub asks without end");
}

/// A member that is text, or nothing.
pub(super) fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
