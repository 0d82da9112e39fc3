//! The workshop: claims jobs, keeps the timetable, holds live lines open. What a job means, `hub-app` knows.

mod jobs;
mod lines;
mod timetable;
mod watch;

use hub_app::App;
use tokio_util::sync::CancellationToken;

/// Works until `stop`, then finishes what it holds.
pub async fn run(app: App, stop: CancellationToken) {
    tokio::join!(
        jobs::run(app.clone(), stop.clone()),
        timetable::run(app.clone(), stop.clone()),
        lines::run(app.clone(), stop.clone()),
        watch::run(app.clone(), stop.clone()),
    );
}

/// A name no other worker has.
fn worker_name(part: &str) -> String {
    format!("{part}-{}-{}", std::process::id(), hub_app::clock::new_id::<uuid::Uuid>().simple())
}
