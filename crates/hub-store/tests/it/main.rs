//! The store on both engines, through its public doors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::disallowed_methods)]
#![allow(missing_docs, clippy::cast_possible_truncation, clippy::cast_possible_wrap)]

mod adoption;
mod aliases;
mod changes;
mod collisions;
mod events;
mod jobs;
mod lanes;
mod large;
mod messages;
mod moves;
mod paging;
mod people;
mod queue_model;
mod races;
mod schema;
mod support;
mod trouble;
mod upkeep;
