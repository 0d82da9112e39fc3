//! From bytes on a socket to calls, and back.

mod cipher;
mod connection;
mod envelope;
mod listener;
mod outbox;
mod wrappers;

pub(super) use cipher::Key;
pub(super) use listener::serve;
pub(super) use outbox::Outgoing;
pub(super) use wrappers::Unwrapped;
