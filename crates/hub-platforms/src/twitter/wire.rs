//! Their JSON, read as far as it can be: an odd member counts as missing, so that it never hides its neighbours.

use chrono::DateTime;
use hub_domain::Timestamp;
use hub_domain::id::REMOTE_ID_MAX_CHARS;
use hub_domain::time::from_unix_millis;
use serde_json::Value;
use std::collections::HashMap;

/// A text that says something.
pub(super) fn words(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// An id: text as it is, a whole number as its digits. One that cannot be kept is none.
pub(super) fn id(value: &Value) -> Option<String> {
    let id = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_u64() => number.to_string(),
        _ => return None,
    };
    let usable = !id.is_empty() && id.chars().count() <= REMOTE_ID_MAX_CHARS && !id.chars().any(char::is_control);
    usable.then_some(id)
}

/// A whole number, also as digits.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Unix milliseconds, as a text or a number.
pub(super) fn millis(value: &Value) -> Option<Timestamp> {
    number(value).filter(|millis| *millis > 0).and_then(from_unix_millis)
}

/// A moment as the API writes it.
pub(super) fn written(value: &Value) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(Timestamp::from)
}

/// The members of a list; nothing where there is none.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Somebody as an event names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: Option<String>,
    pub(super) username: Option<String>,
    pub(super) picture: Option<String>,
}

impl Person {
    /// The old shape (`screen_name`), the new one (`username`), or the new one wrapped in `data`.
    pub(super) fn of(value: &Value) -> Self {
        let value = value.get("data").filter(|data| data.is_object()).unwrap_or(value);
        let either = |names: [&str; 2]| names.iter().find_map(|name| words(&value[*name])).map(str::to_owned);
        Self {
            name: words(&value["name"]).map(str::to_owned),
            username: either(["username", "screen_name"]),
            picture: either(["profile_image_url_https", "profile_image_url"]).map(|picture| whole_picture(&picture)),
        }
    }
}

/// The picture itself and not its thumbnail.
fn whole_picture(address: &str) -> String {
    const THUMBNAIL: &str = "_normal";
    let (stem, end) = match address.rsplit_once('.') {
        Some((stem, end)) if !end.contains('/') => (stem, Some(end)),
        _ => (address, None),
    };
    let stem = stem.strip_suffix(THUMBNAIL).unwrap_or(stem);
    end.map_or_else(|| stem.to_owned(), |end| format!("{stem}.{end}"))
}

/// People by id.
#[derive(Clone, Debug, Default)]
pub(super) struct People(HashMap<String, Person>);

impl People {
    /// A map by id, as deliveries have it, or a list, as answers have it.
    pub(super) fn of(value: &Value) -> Self {
        Self(match value {
            Value::Object(map) => map.iter().map(|(id, person)| (id.clone(), Person::of(person))).collect(),
            Value::Array(list) => {
                list.iter().filter_map(|person| Some((id(&person["id"])?, Person::of(person)))).collect()
            }
            _ => HashMap::new(),
        })
    }

    pub(super) fn get(&self, id: &str) -> Person {
        self.0.get(id).cloned().unwrap_or_default()
    }
}

/// Files by their key.
pub(super) fn media_by_key(list: &Value) -> HashMap<&str, &Value> {
    self::list(list).iter().filter_map(|media| Some((words(&media["media_key"])?, media))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Person, id, millis, whole_picture};
    use hub_domain::time::to_contract;
    use serde_json::json;

    #[test]
    fn pictures_lose_the_mark_of_the_thumbnail() {
        for (given, whole) in [
            ("https://pbs.example/a/b_normal.jpg", "https://pbs.example/a/b.jpg"),
            ("https://pbs.example/a/b_normal", "https://pbs.example/a/b"),
            ("https://pbs.example/a_normal/b.png", "https://pbs.example/a_normal/b.png"),
            ("https://pbs.example/x_normal.d/b", "https://pbs.example/x_normal.d/b"),
            ("", ""),
        ] {
            assert_eq!(whole_picture(given), whole);
        }
    }

    #[test]
    fn a_person_has_three_shapes() {
        let person = Person { name: Some("A".into()), username: Some("a".into()), picture: Some("p.jpg".into()) };
        assert_eq!(
            Person::of(&json!({"name": "A", "screen_name": "a", "profile_image_url_https": "p_normal.jpg"})),
            person
        );
        assert_eq!(Person::of(&json!({"name": "A", "username": "a", "profile_image_url": "p_normal.jpg"})), person);
        let wrapped = json!({"data": {"name": "A", "username": "a", "profile_image_url": "p.jpg"}});
        assert_eq!(Person::of(&wrapped), person);
        assert_eq!(Person::of(&json!("A")), Person::default());
    }

    #[test]
    fn ids_and_times_keep_every_digit() {
        assert_eq!(id(&json!(1_218_168_684_226_711_552_u64)).as_deref(), Some("1218168684226711552"));
        for none in [json!(""), json!(1.5), json!(-1), json!(null), json!("a\nb"), json!("9".repeat(1000))] {
            assert_eq!(id(&none), None, "{none}");
        }
        assert_eq!(millis(&json!("1516403560557")).map(to_contract).as_deref(), Some("2018-01-19T23:12:40.557Z"));
        assert_eq!(millis(&json!("soon")), None);
        assert_eq!(millis(&json!(0)), None);
    }
}
