//! Asking platforms what happened, where they do not tell us.

pub mod backfill;
pub mod lines;
pub mod poll;
pub mod pull_account;
pub mod regularly;
pub mod reread;

pub use backfill::backfill;
pub use lines::{Line, close_line, drop_line, hold_line, wanted_lines};
pub use poll::{AccountSync, PollStats, poll_stats, sync_all, trigger_poll};
pub use pull_account::{prepare_pull, pull_account, pulled_accounts};
pub use regularly::{regularly, start_readings};
pub use reread::{Reread, reset_account, sync_account};
