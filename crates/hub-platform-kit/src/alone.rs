//! One event of many that makes its reader panic falls alone: its neighbours are read, and it waits for a better reader.

use crate::platform::Parsed;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is shown of an event whose reader panicked.
pub const READER_FAILED: &str = "the reader of this platform failed";

/// Reads one event; `fallen` makes of the parked event what stands in its place when the reader panics. A reader only reads, so
/// nothing half done is left behind.
pub fn alone<T>(read: impl FnOnce() -> T, fallen: impl FnOnce(Parsed) -> T) -> T {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        tracing::error!("the reader of one event panicked; the event is parked");
        fallen(Parsed::Unreadable(READER_FAILED.to_owned()))
    })
}
