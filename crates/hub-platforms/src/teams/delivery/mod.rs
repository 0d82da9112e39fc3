//! Deliveries: what comes in is checked item by item, opened, and kept in a form of the hub's own. That form is the same
//! however often the platform repeats itself with fresh keys.

mod check;
mod keyring;
mod opened;
mod sealed;
mod shell;
mod tokens;

pub(super) use check::{Checker, Known};
pub(super) use keyring::Keyring;
pub(super) use opened::{Page, PageChat, parse};
pub(super) use sealed::make_certificate;
pub(super) use shell::Shell;
pub(super) use tokens::PublishedKeys;
