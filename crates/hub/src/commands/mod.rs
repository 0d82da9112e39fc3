//! The command line.

mod admin;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod import;
mod jobs;
mod reseal;
mod serve;
mod user;

use crate::config::{Config, Role};
use crate::house;
use clap::{Parser, Subcommand};
use std::io::Write;

/// One inbox for the direct messages of many platforms.
#[derive(Parser)]
#[command(name = "hub", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Opens the doors; with HUB_ROLE=all, also works through the queue (the default).
    Serve,
    /// Works through the queue only.
    Worker,
    /// Brings the database up to date, counts unread messages anew, and ends.
    Migrate,
    /// Copies everything from a database of the originals into the hub's own.
    Import(import::ImportCommand),
    /// Seals tokens and texts anew under the newest key, also while the hub runs.
    Reseal(reseal::ResealCommand),
    /// Looks whether everything the hub needs is there.
    Doctor,
    /// Users of the hub.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Who may use the admin page.
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Jobs that were given up.
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// Prints the documented template of all settings.
    Config,
    /// Prints the OpenAPI document.
    Openapi,
    /// Runs with simulated platforms, a demo user and a trickle of messages.
    #[cfg(feature = "demo")]
    Demo,
}

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let config = Config::load()?;
            let role = config.role();
            serve::run(&config, role).await
        }
        Command::Worker => serve::run(&Config::load()?, Role::Worker).await,
        Command::Migrate => {
            let store = house::open_store(&Config::load()?).await?;
            store.repair_counters().await?;
            store.close().await;
            say("The database is up to date.")
        }
        Command::Import(command) => import::run(&Config::load()?, command).await,
        Command::Reseal(command) => reseal::run(&Config::load()?, command).await,
        Command::Doctor => doctor::run(&Config::load()?).await,
        Command::User(command) => user::run(&Config::load()?, command).await,
        Command::Admin(command) => admin::run(&Config::load()?, command).await,
        Command::Jobs(command) => jobs::run(&Config::load()?, command).await,
        Command::Config => say(&Config::template()),
        Command::Openapi => say(&hub_http::openapi()),
        #[cfg(feature = "demo")]
        Command::Demo => demo::run().await,
    }
}

/// A line for the person at the terminal.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", text.trim_end())?;
    Ok(())
}

/// A line about what went wrong. Nothing can be done when even that fails.
pub(crate) fn say_error(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "hub: {text}");
}
