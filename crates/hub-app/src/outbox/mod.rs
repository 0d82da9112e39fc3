//! What leaves: a message and its delivery job commit together; the worker delivers; evidence settles.

pub mod acknowledge;
pub mod deliver_message;
pub(crate) mod outcomes;
pub mod send_message;
pub mod tell_read;

pub use acknowledge::acknowledge;
pub use deliver_message::deliver_message;
pub use send_message::{SendMessage, send_message};
pub use tell_read::tell_read;
