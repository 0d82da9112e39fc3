//! The conformance suite, run for every platform against its simulator.

mod facebook;
mod instagram;
mod linkedin;
mod linkedin_honestly;
mod linkedin_recorded;
mod meta;
mod recorded_answers;
mod teams;
mod teams_life;
mod teams_recorded;
mod telegram;
mod twitter;
mod whatsapp;
