//! Copies everything from a database of the originals into the hub's own, and says what it does and what it found.

use super::say;
use crate::config::Config;
use crate::house;
use anyhow::{Context, bail};
use clap::Args;
use hub_app::import::{Doing, Findings, Original, OriginalKeys, Progress, Report, Step, examine, import};
use secrecy::ExposeSecret;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Lines of progress come this far apart.
const BETWEEN_LINES: Duration = Duration::from_secs(1);
/// Values that are named; all are counted.
const NAMED: usize = 100;

#[derive(Args)]
pub(crate) struct ImportCommand {
    /// The original's database, `postgres://user:password@host/name`; else IMPORT_FROM. It is only read.
    #[arg(long)]
    from: Option<String>,
    /// Only looks: counts, and names what will not open. Writes nothing, here or there.
    #[arg(long)]
    dry_run: bool,
    /// The zone whose clock stands in the original's columns without a zone.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
}

pub(crate) async fn run(config: &Config, command: ImportCommand) -> anyhow::Result<()> {
    let given = config.import_from();
    let given = given.as_ref().map(ExposeSecret::expose_secret).map(str::to_owned);
    let url = command.from.or(given).context("name the original's database with --from or IMPORT_FROM")?;
    let settings = config.settings()?;
    let keys =
        OriginalKeys::new(config.import_key().as_ref(), &settings.encryption_keys).map_err(anyhow::Error::msg)?;
    let original = Original::open(&url, &command.time_zone).await.context("the original's database cannot be read")?;
    say(&format!("Found a database of {}.", original.shape()))?;
    let outcome = if command.dry_run {
        look(config, &original, &keys).await
    } else {
        copy(config, &original, &keys, &source_name(&url)?).await
    };
    original.close().await;
    outcome
}

async fn look(config: &Config, original: &Original, keys: &OriginalKeys) -> anyhow::Result<()> {
    let report = examine(original, keys, &house::platforms(config)?, &mut Lines::default().teller()).await?;
    for step in &report.steps {
        say(&format!("{}: {} rows, {}", step.step.table(), step.total, orphans(step.total, step.read)))?;
    }
    summary(&report)?;
    if report.kept.total > 0 {
        bail!("{} value(s) will not open; an import would copy them as they are", report.kept.total);
    }
    say("Everything opens. Nothing was written.")
}

async fn copy(config: &Config, original: &Original, keys: &OriginalKeys, source: &str) -> anyhow::Result<()> {
    let app = house::build(config, &CancellationToken::new()).await?;
    let outcome = import(&app, original, keys, source, &mut Lines::default().teller()).await;
    app.shut_down().await;
    app.store().close().await;
    let report = outcome.context("the import stopped; run it again, it goes on where it stopped")?;
    if report.resumed {
        say("Going on where an import that was cut off stood.")?;
    }
    for step in &report.steps {
        let (name, here) = (step.step.table(), step.read - step.new);
        say(&format!("{name}: {} taken over, {here} were here, {}", step.new, orphans(step.total, step.read)))?;
    }
    summary(&report)?;
    if report.wrong.total > 0 {
        list(&report.wrong)?;
        bail!("the copy is not right: {} of {} rows", report.wrong.total, report.compared);
    }
    say(&format!("Compared {} rows with the original: all are here and say the same.", report.compared))
}

/// Rows without an owner cannot be shown to anybody. A run that goes on does not read all of a kind.
fn orphans(total: i64, read: u64) -> String {
    let rest = u64::try_from(total).unwrap_or_default().saturating_sub(read);
    if rest == 0 { "all have an owner".to_owned() } else { format!("{rest} passed over (no owner, or done before)") }
}

fn summary(report: &Report) -> anyhow::Result<()> {
    say(&format!(
        "Values: {} encrypted, {} in clear text, {} that stay as they are.",
        report.sealed, report.clear, report.kept.total
    ))?;
    if report.phantoms > 0 {
        say(&format!("Conversations without an address, to be read only: {}.", report.phantoms))?;
    }
    if report.foreign > 0 {
        say(&format!("Accounts of platforms the hub does not know, kept but not shown: {}.", report.foreign))?;
    }
    list(&report.kept)
}

fn list(findings: &Findings) -> anyhow::Result<()> {
    for finding in findings.named.iter().take(NAMED) {
        let (table, dot) = (finding.step.table(), if finding.column.is_empty() { "" } else { "." });
        say(&format!("  {table}{dot}{} of row {}: {}", finding.column, finding.row, finding.why))?;
    }
    let more = findings.total.saturating_sub(NAMED as u64);
    if more > 0 {
        say(&format!("  and {more} more"))?;
    }
    Ok(())
}

/// Tells one original from another: a digest of where it is, without user and password.
fn source_name(url: &str) -> anyhow::Result<String> {
    let url = url::Url::parse(url).context("the original's address is not a URL")?;
    let place = format!("{}:{}{}", url.host_str().unwrap_or_default(), url.port().unwrap_or(5432), url.path());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, place.as_bytes());
    Ok(hex::encode(digest))
}

/// Says how far it has got: now and then, and whenever a kind of row begins or ends.
#[derive(Default)]
struct Lines {
    last: Option<(Doing, Step, Instant)>,
}

impl Lines {
    fn teller(mut self) -> impl FnMut(Progress) + Send {
        move |progress: Progress| {
            let is_due = match self.last {
                Some((doing, step, at)) => {
                    (doing, step) != (progress.doing, progress.step) || at.elapsed() >= BETWEEN_LINES
                }
                None => true,
            };
            if is_due {
                self.last = Some((progress.doing, progress.step, Instant::now()));
                let doing = match progress.doing {
                    Doing::Examining => "looking at",
                    Doing::Copying => "copying",
                    Doing::Comparing => "comparing",
                };
                // A terminal that is gone does not stop the work.
                let _ = say(&format!("{doing} {}: {} of {}", progress.step.table(), progress.done, progress.total));
            }
        }
    }
}
