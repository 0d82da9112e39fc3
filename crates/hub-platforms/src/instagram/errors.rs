//! What only Instagram refuses with, beside what all of Meta's platforms share (`meta/errors.rs`).

use crate::meta::errors::Row;
use hub_platform_kit::ErrorKind;

/// Code, subcode, meaning; source: Instagram's pages about messaging and about profiles.
pub(super) const TABLE: &[Row] = &[
    // The reply window is over.
    (10, Some(2_534_022), ErrorKind::Rejected),
    (100, Some(2_534_014), ErrorKind::NotFound),
    // The person has not agreed to be asked for; elsewhere the same code means a missing permission.
    (230, None, ErrorKind::Rejected),
    // Accounts behind a page are refused in Messenger's words.
    (551, None, ErrorKind::Rejected),
    (200, Some(1_545_041), ErrorKind::Rejected),
    (200, Some(2_018_028), ErrorKind::Misconfigured),
];
