//! What administrators look through: everybody's rows, newest first. The only lists that take no owner; who may see them is
//! decided before they are asked for. Tokens and password hashes are not even read.

mod accounts;
mod conversations;
mod counts;
mod messages;
mod usage;
mod users;

pub use accounts::{FindAccounts, OwnedAccount};
pub use conversations::{FindConversations, OwnedConversation};
pub use counts::RowCounts;
pub use messages::FindMessages;
pub use usage::{FindUsage, UsageRow};
pub use users::{FindUsers, KnownUser};

use crate::sql::{Conn, Sql};
use hub_domain::Timestamp;
use uuid::Uuid;

/// Statements of administrators.
pub struct Admin<'a>(pub(crate) Conn<'a>);

/// A place in a list that is sorted by time and id, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The row's time.
    pub at: Timestamp,
    /// The row's id.
    pub id: Uuid,
}

/// A part of such a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice<T> {
    /// What is in it.
    pub items: Vec<T>,
    /// The place of its last row, where the next part begins; `None` = there is no more.
    pub next: Option<Place>,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Then or later.
    pub from: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
}

/// The order of a list and the columns behind it.
#[derive(Clone, Copy)]
struct Order {
    /// The time.
    at: &'static str,
    /// The id.
    id: &'static str,
}

impl Order {
    /// Only what is within a stretch of time and behind a place.
    fn narrow(self, mut sql: Sql, span: Span, after: Option<Place>) -> Sql {
        let Self { at, id } = self;
        if let Some(from) = span.from {
            sql = sql.add(&format!("AND {at} >= ?")).time(from);
        }
        if let Some(until) = span.until {
            sql = sql.add(&format!("AND {at} < ?")).time(until);
        }
        if let Some(after) = after {
            sql = sql.add(&format!("AND ({at}, {id}) < (?, ?)")).time(after.at).bind(after.id);
        }
        sql
    }

    /// Sorted, and one row more than is shown, which tells whether there is more.
    fn sorted(self, sql: Sql, limit: u32) -> Sql {
        let Self { at, id } = self;
        sql.add(&format!("ORDER BY {at} DESC, {id} DESC LIMIT ?")).bind(i64::from(limit) + 1)
    }
}

/// Cuts the row that was read too many.
fn slice<T>(mut items: Vec<T>, limit: u32, place: impl Fn(&T) -> Place) -> Slice<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(place) } else { None };
    Slice { items, next }
}

/// Only rows with the words in one of the columns, or with exactly this id.
fn search(sql: Sql, words: Option<&str>, columns: &[&str], id: &str) -> Sql {
    let Some(words) = words else { return sql };
    if let Ok(id_given) = Uuid::try_parse(words) {
        return sql.add(&format!("AND {id} = ?")).bind(id_given);
    }
    // SQLite folds the case of ASCII letters alone, so that the words are looked for as they were typed, too.
    let (typed, folded) = (pattern(words), pattern(&words.to_lowercase()));
    let mut sql = sql.add("AND (1 = 0");
    for column in columns {
        sql = sql.add(&format!("OR lower({column}) LIKE ? ESCAPE '!' OR {column} LIKE ? ESCAPE '!'"));
        sql = sql.bind(folded.as_str()).bind(typed.as_str());
    }
    sql.add(")")
}

/// Matches texts with these words in them, whatever signs the words hold.
fn pattern(words: &str) -> String {
    let mut pattern = String::with_capacity(words.len() + 2);
    pattern.push('%');
    for sign in words.chars() {
        if matches!(sign, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(sign);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn signs_of_a_pattern_are_words_like_others() {
        assert_eq!(pattern("50%_!"), "%50!%!_!!%");
    }
}
