//! Reads expectations so that none is overlooked: what nobody compared is a failure.

use hub_domain::{RemoteMessageId, Timestamp};
use serde_json::{Map, Value};

/// An object of expectations; every member must be taken.
#[derive(Debug)]
pub struct Expected {
    members: Map<String, Value>,
    whose: String,
}

impl Expected {
    /// Of these members; `whose` stands in every complaint.
    pub fn new(members: &Map<String, Value>, whose: impl Into<String>) -> Self {
        Self { members: members.clone(), whose: whose.into() }
    }

    /// Of an object.
    pub fn of(value: &Value, whose: impl Into<String>) -> Self {
        Self::new(value.as_object().expect("an object"), whose)
    }

    /// Whose expectations these are.
    pub fn whose(&self) -> &str {
        &self.whose
    }

    /// A member, null when absent.
    pub fn take(&mut self, name: &str) -> Value {
        self.members.remove(name).unwrap_or_default()
    }

    /// A member that is taken later.
    pub fn peek(&self, name: &str) -> Value {
        self.members.get(name).cloned().unwrap_or_default()
    }

    /// A list, empty when absent.
    pub fn list(&mut self, name: &str) -> Vec<Value> {
        match self.take(name) {
            Value::Null => Vec::new(),
            Value::Array(list) => list,
            other => panic!("{}: {name} is {other}", self.whose),
        }
    }

    /// Compares a member if it is there.
    pub fn equal(&mut self, name: &str, actual: impl Into<Value>) {
        let expected = self.take(name);
        if !expected.is_null() {
            assert_eq!(actual.into(), expected, "{}: {name}", self.whose);
        }
    }

    /// Compares an instant if it is there.
    pub fn instant(&mut self, name: &str, actual: Option<Timestamp>) {
        if let Some(expected) = self.take(name).as_str() {
            let expected = Timestamp::from(chrono::DateTime::parse_from_rfc3339(expected).expect("a time"));
            assert_eq!(actual, Some(expected), "{}: {name}", self.whose);
        }
    }

    /// Compares the id of a message: the number alone, or with its chat before it.
    pub fn message_id(&mut self, name: &str, chat: &str, actual: Option<&RemoteMessageId>) {
        if let Some(expected) = self.take(name).as_str() {
            let actual = actual.map(RemoteMessageId::as_str);
            let fits = actual == Some(expected) || actual == Some(format!("{chat}:{expected}").as_str());
            assert!(fits, "{}: {name} is {actual:?}, not {expected}", self.whose);
        }
    }

    /// Nothing may be left.
    pub fn done(self) {
        assert!(self.members.is_empty(), "{}: nobody compares {:?}", self.whose, self.members.keys());
    }
}
