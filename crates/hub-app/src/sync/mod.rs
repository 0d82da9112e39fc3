//! Asking platforms what happened, where they do not tell us.

pub mod poll;
pub mod pull_account;

pub use poll::{AccountSync, PollStats, poll_stats, sync_all, trigger_poll};
pub use pull_account::{pull_account, prepare_pull, pulled_accounts};
