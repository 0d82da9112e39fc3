//! What only Messenger refuses with, beside what all of Meta's platforms share (`meta/errors.rs`).

use crate::meta::errors::Row;
use hub_platform_kit::ErrorKind;

/// Code, subcode, meaning; source: Messenger's pages about error codes and about sending.
pub(super) const TABLE: &[Row] = &[
    // This person cannot be reached: it says nothing about the account.
    (551, None, ErrorKind::Rejected),
    (200, Some(1_545_041), ErrorKind::Rejected),
    (10, Some(2_018_108), ErrorKind::Rejected),
    // The app is not live: it reaches nobody but its own people.
    (200, Some(2_018_028), ErrorKind::Misconfigured),
    // A person without a profile, such as one who writes by telephone number.
    (100, Some(2_018_218), ErrorKind::NotFound),
];
