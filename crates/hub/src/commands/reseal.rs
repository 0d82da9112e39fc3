//! Seals tokens and texts anew under the newest key, and says how far it is.

use super::say;
use crate::config::Config;
use crate::house;
use anyhow::bail;
use clap::Args;
use hub_app::SealedTable;
use hub_app::sealing::{ResealProgress, reseal};
use tokio_util::sync::CancellationToken;

/// Rows between two lines of progress.
const BETWEEN_LINES: u64 = 10_000;
/// Rows that are named; all are counted.
const NAMED: usize = 100;

#[derive(Args)]
pub(crate) struct ResealCommand {
    /// Before going back to an original: also takes the seals of tokens away, which an original knows nothing of, and leaves its
    /// sessions of persons in clear text. Stop the hub first.
    #[arg(long)]
    for_originals: bool,
}

pub(crate) async fn run(config: &Config, command: ResealCommand) -> anyhow::Result<()> {
    let app = house::build(config, &CancellationToken::new()).await?;
    let mut told = None;
    let outcome = reseal(&app, command.for_originals, &mut |progress: ResealProgress| {
        let now = Some((progress.table, progress.looked_at / BETWEEN_LINES));
        if now != told {
            told = now;
            // A terminal that is gone does not stop the work.
            let _ =
                say(&format!("{}: looked at {} of {} rows", name(progress.table), progress.looked_at, progress.total));
        }
    })
    .await;
    app.shut_down().await;
    app.store().close().await;
    let report = outcome?;
    say(&format!("Sealed {} row(s) anew; {} had been changed meanwhile.", report.sealed, report.overtaken))?;
    if command.for_originals {
        say(&format!("Took the seals of {} account(s) away.", report.removed))?;
        if report.opened > 0 {
            say(&format!(
                "Left {} session(s) of persons in clear text, as the Node original keeps them.",
                report.opened
            ))?;
        }
    }
    for (table, row) in report.left.iter().take(NAMED) {
        say(&format!("  {} row {row}: no key opens it; left as it is", name(*table)))?;
    }
    if report.left_total > 0 {
        bail!("{} row(s) were left as they are: do not set SEAL_REQUIRE, and keep the old keys", report.left_total);
    }
    let sessions = if report.opened > 0 { "Every other" } else { "Every" };
    say(&format!("{sessions} token and every text is sealed with the newest key."))
}

fn name(table: SealedTable) -> &'static str {
    match table {
        SealedTable::Messages => "messages",
        SealedTable::Accounts => "connected_accounts",
        SealedTable::Subscriptions => "hub_subscriptions",
    }
}
