//! The sign-in: the Microsoft identity platform, version 2.

pub(super) mod authorize;
pub(super) mod discovery;
pub(super) mod keys;
pub(super) mod page;
pub(super) mod tokens;
