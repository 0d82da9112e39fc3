//! The fault run: the real hub with the simulators of many platforms, people who write, a user who answers, and a seeded plan of
//! everything that goes wrong meanwhile, the death of the hub included. In the end a checker reads what every side saw.

pub mod actor;
mod driver;
mod ending;
pub mod history;
pub mod line;
mod listener;
mod losses;
pub mod plan;
mod stage;
mod surroundings;

pub use actor::{Actor, Played};
pub use driver::{PEOPLE, Report, Run, run};
pub use history::{Finding, History, check};
