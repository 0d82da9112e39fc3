//! Jobs that were given up, from the command line.

use super::say;
use crate::config::Config;
use crate::house;
use anyhow::{Context, bail};
use clap::Subcommand;
use hub_app::work;
use hub_domain::{JobId, time};
use tokio_util::sync::CancellationToken;

/// Jobs shown at most.
const MAX_SHOWN: u32 = 1_000;

#[derive(Subcommand)]
pub(crate) enum JobsCommand {
    /// Lists the jobs that were given up, newest first: id, when, what, how often it was tried, and why not.
    Dead {
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Tries a job that was given up anew.
    Retry {
        /// Its id.
        id: uuid::Uuid,
    },
}

pub(crate) async fn run(config: &Config, command: JobsCommand) -> anyhow::Result<()> {
    let app = house::build(config, &CancellationToken::new()).await?;
    match command {
        JobsCommand::Dead { limit } => {
            for job in work::dead_letters(&app, limit.min(MAX_SHOWN)).await? {
                let when = time::to_contract(job.finished_at);
                let why: String = job.why.unwrap_or_default().chars().map(shown).collect();
                say(&format!("{} {when} {} tried {} times: {why}", job.id, job.kind, job.attempts))?;
            }
        }
        JobsCommand::Retry { id } => {
            let revived = work::revive(&app, JobId(id)).await.context("the queue cannot be reached")?;
            if !revived {
                bail!("no job of this id was given up, or the same is under way already");
            }
            say("It is tried anew.")?;
        }
    }
    app.shut_down().await;
    Ok(())
}

/// A reason may hold words of a platform: nothing in it may work the terminal.
fn shown(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}
