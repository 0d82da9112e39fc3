//! What happens regularly. Every entry is harmless when two processes do it at once.

use futures_util::future::BoxFuture;
use hub_app::{App, Result, housekeeping};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

struct Entry {
    name: &'static str,
    every: Duration,
    /// The first time, after the start.
    first: Duration,
    run: fn(&App) -> BoxFuture<'_, Result<()>>,
}

const TIMETABLE: [Entry; 8] = [
    // An original may still write rows beside us.
    Entry {
        name: "adopt accounts",
        every: Duration::from_mins(10),
        first: Duration::ZERO,
        run: |app| Box::pin(housekeeping::adopt_accounts(app)),
    },
    Entry {
        name: "renew webhooks",
        every: Duration::from_hours(6),
        first: Duration::ZERO,
        run: |app| Box::pin(housekeeping::renew_webhooks(app)),
    },
    Entry {
        name: "renew grants",
        every: Duration::from_hours(6),
        first: Duration::from_secs(30),
        run: |app| Box::pin(housekeeping::renew_grants(app)),
    },
    Entry {
        name: "renew subscriptions",
        every: Duration::from_mins(1),
        first: Duration::from_secs(10),
        run: |app| Box::pin(housekeeping::renew_subscriptions(app)),
    },
    Entry {
        name: "start readings",
        every: Duration::from_mins(1),
        first: Duration::from_secs(1),
        run: |app| Box::pin(housekeeping::start_readings(app)),
    },
    Entry {
        name: "settle stuck messages",
        every: Duration::from_mins(1),
        first: Duration::from_secs(5),
        run: |app| Box::pin(housekeeping::settle_stuck(app)),
    },
    Entry {
        name: "sweep",
        every: Duration::from_mins(10),
        first: Duration::from_mins(1),
        run: |app| Box::pin(housekeeping::sweep(app)),
    },
    Entry {
        name: "mend unread counts",
        every: Duration::from_hours(24),
        // Soon: a database of an original comes with wrong counts, and people look at them first.
        first: Duration::from_secs(5),
        run: |app| Box::pin(housekeeping::mend_unread_counts(app)),
    },
];

/// Pause after a failed entry before it is tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

pub(crate) async fn run(app: App, stop: CancellationToken) {
    let start = Instant::now();
    let mut due: Vec<Instant> = TIMETABLE.iter().map(|entry| start + entry.first).collect();
    loop {
        let Some((next, at)) = due.iter().copied().enumerate().min_by_key(|(_, at)| *at) else { return };
        tokio::select! {
            () = tokio::time::sleep_until(at) => {}
            () = stop.cancelled() => return,
        }
        let entry = &TIMETABLE[next];
        let pause = match (entry.run)(&app).await {
            Ok(()) => entry.every,
            Err(error) => {
                tracing::warn!(entry = entry.name, %error, "an entry of the timetable failed");
                AFTER_FAILURE
            }
        };
        due[next] = Instant::now() + pause;
    }
}
