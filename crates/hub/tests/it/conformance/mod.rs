//! The conformance suite, run for every platform against its simulator.

mod facebook;
pub(crate) mod instagram;
mod linkedin;
mod linkedin_honestly;
mod linkedin_recorded;
mod meta;
mod recorded_answers;
pub(crate) mod teams;
mod teams_life;
mod teams_recorded;
mod telegram;
#[cfg(feature = "demo")]
mod telegram_user;
pub(crate) mod twitter;
mod whatsapp;
