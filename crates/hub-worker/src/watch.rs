//! The watch: gives the hub's signs of life, and goes round the channels.

use hub_app::{App, channels};
use tokio_util::sync::CancellationToken;

/// Two rounds side by side: a platform that hangs must not keep the signs of life from being given.
pub(crate) async fn run(app: App, stop: CancellationToken) {
    tokio::join!(signs(&app, &stop), rounds(&app, &stop));
}

async fn signs(app: &App, stop: &CancellationToken) {
    if let Err(error) = channels::started(app).await {
        tracing::debug!(%error, "what was missed before the start could not be looked for");
    }
    loop {
        if let Err(error) = channels::beat(app).await {
            tracing::debug!(%error, "a sign of life could not be given");
        }
        if !goes_on(app, stop).await {
            return;
        }
    }
}

async fn rounds(app: &App, stop: &CancellationToken) {
    while goes_on(app, stop).await {
        let round = channels::probe_due(app);
        tokio::select! {
            outcome = round => if let Err(error) = outcome {
                tracing::debug!(%error, "a round of the channels failed");
            },
            () = stop.cancelled() => break,
        }
    }
    if let Err(error) = channels::write_signs(app).await {
        tracing::debug!(%error, "the last signs of life were not written down");
    }
}

/// Waits for the next tick; false when the hub stops.
async fn goes_on(app: &App, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = tokio::time::sleep(channels::tick(app)) => true,
        () = stop.cancelled() => false,
    }
}
