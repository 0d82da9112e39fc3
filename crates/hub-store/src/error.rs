//! What can go wrong below, sorted by what a caller can do about it.

use sea_orm::{DbErr, RuntimeErr};
use sqlx::Error as SqlxError;

/// Result of a call to the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What can go wrong. Holds no value of any row.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, full or too slow: try again later, nothing was stored.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// Lost against another transaction: try again at once, nothing was stored.
    #[error("conflict: {0}")]
    Conflict(String),
    /// A value the schema does not take.
    #[error("value refused: {0}")]
    Invalid(String),
    /// A row or an answer that cannot be: a mistake of ours, or a foreign hand.
    #[error("unexpected: {0}")]
    Corrupt(String),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error.to_string()),
            DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
                Self::from(&**inner)
            }
            _ => Self::Corrupt(error.to_string()),
        }
    }
}

impl From<SqlxError> for StoreError {
    fn from(error: SqlxError) -> Self {
        Self::from(&error)
    }
}

impl From<&SqlxError> for StoreError {
    fn from(error: &SqlxError) -> Self {
        let Some(database) = error.as_database_error() else {
            return match error {
                SqlxError::Io(_)
                | SqlxError::Tls(_)
                | SqlxError::Protocol(_)
                | SqlxError::PoolTimedOut
                | SqlxError::PoolClosed
                | SqlxError::WorkerCrashed => Self::Unavailable(error.to_string()),
                _ => Self::Corrupt(error.to_string()),
            };
        };
        let code = database.code().unwrap_or_default().into_owned();
        // The database's own words may quote values; the code and the constraint do not.
        let words = match database.constraint() {
            Some(constraint) => format!("{code} {constraint}"),
            None => code.clone(),
        };
        if code.len() == 5 { by_sqlstate(&code, words) } else { by_sqlite_code(&code, words) }
    }
}

/// PostgreSQL, appendix A.
fn by_sqlstate(code: &str, words: String) -> StoreError {
    match &code[..2] {
        "08" | "53" | "57" | "58" => StoreError::Unavailable(words),
        "40" | "55" => StoreError::Conflict(words),
        "23" if code == "23505" => StoreError::Conflict(words),
        "22" | "23" => StoreError::Invalid(words),
        // Read-only after a failover.
        "25" if code == "25006" => StoreError::Unavailable(words),
        _ => StoreError::Corrupt(words),
    }
}

/// SQLite, "Result and Error Codes": the low byte is the primary code.
fn by_sqlite_code(code: &str, words: String) -> StoreError {
    let Ok(code) = code.parse::<i32>() else { return StoreError::Corrupt(words) };
    let words = format!("sqlite {words}");
    match (code & 0xff, code) {
        (5 | 6 | 8 | 9 | 10 | 13 | 14 | 15, _) => StoreError::Unavailable(words),
        (19, 2067 | 1555 | 2579) => StoreError::Conflict(words),
        (18..=20, _) => StoreError::Invalid(words),
        _ => StoreError::Corrupt(words),
    }
}
