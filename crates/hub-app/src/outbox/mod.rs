//! What leaves: a message and its delivery job commit together; the worker delivers; evidence settles.

pub mod acknowledge;
mod check;
pub mod deliver_message;
mod evidence;
pub mod gestures;
pub(crate) mod outcomes;
pub(crate) mod parts;
pub(crate) mod reports;
pub mod retry_message;
pub mod send_message;
pub mod tell_reaction;
pub mod tell_read;

pub use acknowledge::acknowledge;
pub use deliver_message::deliver_message;
pub use gestures::{react, templates, typing};
pub use retry_message::{RetryMessage, retry_message};
pub use send_message::{SendMessage, Special, send_message};
pub use tell_reaction::tell_reaction;
pub use tell_read::tell_read;
