//! Checks on what came in, with the contract's texts (`http.md` 2.7). Lists of problems are complete; log-in forms stop at
//! the first.

use crate::failure::{Failure, Result};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use hub_domain::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The contract's platforms.
pub(crate) const PLATFORMS: [&str; 7] =
    ["telegram", "twitter", "linkedin", "instagram", "whatsapp", "facebook", "teams"];

/// Collects problems.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<(String, String)>);

impl Problems {
    pub(crate) fn add(&mut self, field: &str, rest: &str) {
        self.0.push((field.to_owned(), format!("\"{field}\" {rest}")));
    }

    /// All of them at once, or nothing.
    pub(crate) fn check(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let details: Vec<Value> =
            self.0.into_iter().map(|(field, message)| json!({"field": field, "message": message})).collect();
        let mut failure = Failure::validation("Request validation failed");
        failure.details = Some(details.into());
        Err(failure)
    }

    /// Only the first.
    pub(crate) fn check_first(self) -> Result<()> {
        self.0.into_iter().next().map_or(Ok(()), |(_, message)| Err(Failure::validation(message)))
    }

    /// A UUID of the path.
    pub(crate) fn id<T: From<Uuid>>(&mut self, field: &str, text: &str) -> T {
        match Uuid::try_parse(text) {
            // Braces and URNs are no ids of ours.
            Ok(id) if text.len() == 36 || text.len() == 32 => T::from(id),
            _ => {
                self.add(field, "must be a valid GUID");
                T::from(Uuid::nil())
            }
        }
    }

    /// One of the contract's platforms.
    pub(crate) fn platform(&mut self, field: &str, text: &str) -> String {
        if !PLATFORMS.contains(&text) {
            self.add(field, &format!("must be one of [{}]", PLATFORMS.join(", ")));
        }
        text.to_owned()
    }

    /// A whole number between `least` and `most`.
    pub(crate) fn number(&mut self, field: &str, text: Option<&str>, least: u32, most: u32, default: u32) -> u32 {
        let Some(text) = text else { return default };
        let Ok(number) = text.trim().parse::<f64>() else {
            self.add(field, "must be a number");
            return default;
        };
        if !number.is_finite() {
            self.add(field, "must be a number");
        } else if number.fract() != 0.0 {
            self.add(field, "must be an integer");
        } else if number < f64::from(least) {
            self.add(field, &format!("must be greater than or equal to {least}"));
        } else if number > f64::from(most) {
            self.add(field, &format!("must be less than or equal to {most}"));
        } else {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
            return number as u32;
        }
        default
    }

    /// A moment in ISO 8601: a date, or a date and a time with or without an offset.
    pub(crate) fn moment(&mut self, field: &str, text: Option<&str>) -> Option<Timestamp> {
        let text = text?;
        let parsed = DateTime::parse_from_rfc3339(text)
            .map(|at| at.with_timezone(&Utc))
            .or_else(|_| text.parse::<NaiveDateTime>().map(|at| at.and_utc()))
            .or_else(|_| text.parse::<NaiveDate>().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc()));
        if parsed.is_err() {
            self.add(field, "must be in ISO 8601 date format");
        }
        parsed.ok()
    }

    /// A text that must be there.
    pub(crate) fn text<'a>(&mut self, body: &'a Map<String, Value>, field: &str) -> &'a str {
        match body.get(field) {
            None => self.add(field, "is required"),
            Some(Value::String(text)) if text.is_empty() => self.add(field, "is not allowed to be empty"),
            Some(Value::String(text)) => return text,
            Some(_) => self.add(field, "must be a string"),
        }
        ""
    }

    /// A text that may be there.
    pub(crate) fn maybe_text(&mut self, body: &Map<String, Value>, field: &str) -> Option<String> {
        match body.get(field) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.add(field, "must be a string");
                None
            }
        }
    }

    /// Members that nobody knows.
    pub(crate) fn only(&mut self, body: &Map<String, Value>, known: &[&str]) {
        for key in body.keys().filter(|key| !known.contains(&key.as_str())) {
            self.add(key, "is not allowed");
        }
    }
}

/// A query string, decoded once. Of a repeated name the first counts.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(uri: &axum::http::Uri) -> Self {
        Self(url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect())
    }
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}
