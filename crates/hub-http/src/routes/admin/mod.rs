//! `/api/admin`: what administrators see and do, beside the deliveries that wait for them (`parked`). Lists are sorted newest
//! first; a part's `next` is the `after` of the following one.

mod accounts;
mod conversations;
mod messages;
mod overview;
mod usage;
mod users;

use crate::failure::Result;
use crate::front::Front;
use crate::validate::{Problems, Query};
use chrono::DateTime;
use hub_app::admin::users as users_of;
use hub_app::{Place, Span};
use hub_domain::UserId;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

/// Longest words to look for, in characters.
const MAX_WORDS: usize = 200;
/// Rows of a part where nothing else is asked for.
const DEFAULT_LIMIT: u32 = 50;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new()
        .merge(overview::routes())
        .merge(users::routes())
        .merge(accounts::routes())
        .merge(conversations::routes())
        .merge(messages::routes())
        .merge(usage::routes())
}

/// Reads what is asked of a list.
struct Asked {
    query: Query,
    problems: Problems,
}

impl Asked {
    fn of(uri: &axum::http::Uri) -> Self {
        Self { query: Query::of(uri), problems: Problems::default() }
    }

    /// A parameter that is there and not empty: a form sends those that nobody filled in as well.
    fn given(&self, name: &str) -> Option<String> {
        self.query.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn words(&mut self, name: &str) -> Option<String> {
        let words = self.given(name)?;
        if words.chars().count() > MAX_WORDS {
            let rest = format!("length must be less than or equal to {MAX_WORDS} characters long");
            self.problems.add(name, &rest);
        }
        Some(words)
    }

    fn platform(&mut self) -> Option<String> {
        self.given("platform").map(|name| self.problems.platform("platform", &name))
    }

    fn id<T: From<Uuid>>(&mut self, name: &str) -> Option<T> {
        self.given(name).map(|id| self.problems.id(name, &id))
    }

    /// A user, by address or id. Whoever is not known has nothing.
    async fn user(&mut self, front: &Front) -> Result<Option<UserId>> {
        match self.given("user") {
            Some(email) if email.contains('@') => {
                let known = users_of::user_named(&front.app, &email).await?;
                Ok(Some(known.unwrap_or(UserId(Uuid::nil()))))
            }
            Some(id) => Ok(Some(self.problems.id("user", &id))),
            None => Ok(None),
        }
    }

    /// One of some words.
    fn one_of<T>(&mut self, name: &str, known: &[(&str, T)]) -> Option<T>
    where
        T: Clone,
    {
        let given = self.given(name)?;
        let found = known.iter().find(|(word, _)| *word == given).map(|(_, meaning)| meaning.clone());
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            self.problems.add(name, &format!("must be one of [{}]", words.join(", ")));
        }
        found
    }

    fn yes_or_no(&mut self, name: &str) -> Option<bool> {
        self.one_of(name, &[("true", true), ("false", false)])
    }

    fn span(&mut self) -> Span {
        let (from, until) = (self.given("from"), self.given("until"));
        Span {
            from: self.problems.moment("from", from.as_deref()),
            until: self.problems.moment("until", until.as_deref()),
        }
    }

    /// Where to go on, as [`part`] says it.
    fn after(&mut self) -> Option<Place> {
        let given = self.given("after")?;
        let place = given.split_once('_').and_then(|(micros, id)| {
            let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
            Some(Place { at, id: Uuid::try_parse(id).ok()? })
        });
        if place.is_none() {
            self.problems.add("after", "must be the \"next\" of another part");
        }
        place
    }

    fn limit(&mut self) -> u32 {
        self.problems.number("limit", self.query.get("limit"), 1, 100, DEFAULT_LIMIT)
    }

    fn check(self) -> Result<()> {
        self.problems.check()
    }
}

/// An id of the path.
fn id_of<T: From<Uuid>>(text: &str) -> Result<T> {
    let mut problems = Problems::default();
    let id = problems.id("id", text);
    problems.check()?;
    Ok(id)
}

/// A part of a list, under its name.
fn part(name: &str, items: Vec<Value>, next: Option<Place>, limit: u32) -> Value {
    let mut body = json!({
        "next": next.map(|place| format!("{}_{}", place.at.timestamp_micros(), place.id)),
        "hasMore": next.is_some(), "limit": limit,
    });
    body[name] = items.into();
    body
}
