//! People who sign in to the hub.

use crate::{Timestamp, UserId};

/// A person who signs in to the hub. Holds no secret: the password hash stays between the store and the log-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Our id.
    pub id: UserId,
    /// Lower-case address.
    pub email: String,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When the row last changed.
    pub updated_at: Timestamp,
}
