//! Administrators from the command line, also while the hub runs. Nobody is one by default: the first is made here.

use super::say;
use crate::config::Config;
use crate::house;
use anyhow::Context;
use clap::Subcommand;
use hub_app::{App, admin};
use tokio_util::sync::CancellationToken;

#[derive(Subcommand)]
pub(crate) enum AdminCommand {
    /// Makes a user who is registered an administrator.
    Grant {
        /// E-mail address.
        email: String,
    },
    /// Takes the role away, unless it is the last administrator's.
    Revoke {
        /// E-mail address.
        email: String,
    },
    /// Lists the administrators who may sign in.
    List,
}

pub(crate) async fn run(config: &Config, command: AdminCommand) -> anyhow::Result<()> {
    let app = house::build(config, &CancellationToken::new()).await?;
    let done = act(&app, command).await;
    app.shut_down().await;
    say(&done?)
}

async fn act(app: &App, command: AdminCommand) -> anyhow::Result<String> {
    Ok(match command {
        AdminCommand::Grant { email } => {
            let granted = admin::grant_admin_by_operator(app, &email).await;
            let user = granted.with_context(|| format!("{email} was not made an administrator"))?;
            format!("{} is an administrator.", user.email)
        }
        AdminCommand::Revoke { email } => {
            let taken = admin::take_admin_by_operator(app, &email).await;
            let user = taken.with_context(|| format!("{email} keeps the role"))?;
            format!("{} is no administrator.", user.email)
        }
        AdminCommand::List => {
            let known = admin::administrators(app).await?;
            let lines: Vec<String> = known.into_iter().map(|user| user.email).collect();
            if lines.is_empty() { "There are no administrators.".to_owned() } else { lines.join("\n") }
        }
    })
}
