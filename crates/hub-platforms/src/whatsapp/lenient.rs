//! Members that are read as far as they can be: an odd one counts as missing, so that it never hides its neighbours.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::ops::Deref;

/// A text that is not empty. A whole number counts as its digits, because ids come as both.
#[derive(Clone, Debug, Default)]
pub(super) struct Word(Option<String>);

/// An object.
#[derive(Debug)]
pub(super) struct Maybe<T>(Option<T>);

/// The readable members of a list.
#[derive(Debug)]
pub(super) struct List<T>(Vec<T>);

/// A finite number, also one written as text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Number(Option<f64>);

/// A whole number, also one written as text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Whole(Option<i64>);

impl Word {
    pub(super) fn of(value: Value) -> Self {
        Self(match value {
            Value::String(text) if !text.is_empty() => Some(text),
            Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
            _ => None,
        })
    }

    pub(super) fn take(self) -> Option<String> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self::of(Value::deserialize(from)?))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        // An array would fit an object by the order of its members.
        Ok(Self(if value.is_array() { None } else { serde_json::from_value(value).ok() }))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(from)? {
            Value::Array(list) => list
                .into_iter()
                .filter(|one| !one.is_array())
                .filter_map(|one| serde_json::from_value(one).ok())
                .collect(),
            _ => Vec::new(),
        }))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
        Ok(Self(number.filter(|number| number.is_finite())))
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        Ok(Self(value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())))
    }
}

impl<T> List<T> {
    pub(super) fn take(self) -> Vec<T> {
        self.0
    }
}

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Deref for Word {
    type Target = Option<String>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> Deref for Maybe<T> {
    type Target = Option<T>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> Deref for List<T> {
    type Target = Vec<T>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Deref for Number {
    type Target = Option<f64>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Deref for Whole {
    type Target = Option<i64>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
