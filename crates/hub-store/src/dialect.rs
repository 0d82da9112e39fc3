//! Every difference between the two engines.

use hub_domain::Timestamp;
use sea_orm::{DbBackend, Value};
use std::fmt;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file beside the hub.
    Sqlite,
    /// A server.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

impl Engine {
    pub(crate) fn backend(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
        }
    }

    /// An instant as a parameter. SQLite keeps text of fixed width, so that text order is time order.
    pub(crate) fn time(self, at: Option<Timestamp>) -> Value {
        match self {
            Self::Sqlite => Value::String(at.map(|at| at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())),
            Self::Postgres => Value::ChronoDateTimeUtc(at),
        }
    }

    /// Turns the one text of a statement into this engine's: `?` becomes `$n` on PostgreSQL; `ts(column)` reads a time,
    /// whichever of its two types an adopted column has; what stands in braces is for PostgreSQL alone, such as row locks,
    /// because SQLite has one writer anyway.
    pub(crate) fn translate(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 64);
        let mut rest = text;
        let mut parameters = 0;
        while let Some(at) = rest.find(['?', 't', '{']) {
            out.push_str(&rest[..at]);
            let tail = &rest[at..];
            let after_word = out.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            if let Some(tail) = tail.strip_prefix('?') {
                parameters += 1;
                match self {
                    // SQLite takes `$n` for a name and looks every name up among all before it: a large batch never ends.
                    Self::Sqlite => out.push('?'),
                    Self::Postgres => {
                        out.push('$');
                        out.push_str(&parameters.to_string());
                    }
                }
                rest = tail;
            } else if let (Some(tail), false) = (tail.strip_prefix("ts("), after_word)
                && let Some((column, tail)) = tail.split_once(')')
            {
                match self {
                    Self::Sqlite => out.push_str(column),
                    Self::Postgres => {
                        out.push_str("CAST(");
                        out.push_str(column);
                        out.push_str(" AS timestamptz)");
                    }
                }
                rest = tail;
            } else if let Some(tail) = tail.strip_prefix('{')
                && let Some((postgres_only, tail)) = tail.split_once('}')
            {
                if self == Self::Postgres {
                    out.push_str(postgres_only);
                }
                rest = tail;
            } else {
                out.push_str(&tail[..1]);
                rest = &tail[1..];
            }
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Engine::{Postgres, Sqlite};

    #[test]
    fn one_text_serves_both() {
        let text = "SELECT ts(m.sent_at), counts(x) FROM t WHERE a = ? AND b < ? {FOR UPDATE}";
        assert_eq!(
            Postgres.translate(text),
            "SELECT CAST(m.sent_at AS timestamptz), counts(x) FROM t WHERE a = $1 AND b < $2 FOR UPDATE"
        );
        assert_eq!(Sqlite.translate(text), "SELECT m.sent_at, counts(x) FROM t WHERE a = ? AND b < ? ");
    }
}
