//! Chats, messages and what can be done with them.

pub(super) mod changing;
pub(super) mod create;
pub(super) mod history;
pub(super) mod hosted;
pub(super) mod list;
pub(super) mod members;
pub(super) mod model;
pub(super) mod pages;
pub(super) mod quote;
pub(super) mod sending;
pub(super) mod shown;
