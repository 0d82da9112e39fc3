//! Users from the command line.

use super::say;
use crate::config::{Config, random_hex};
use crate::house;
use anyhow::Context;
use clap::Subcommand;
use hub_app::auth;
use hub_platform_kit::Secret;
use secrecy::ExposeSecret;
use std::io::Read;
use tokio_util::sync::CancellationToken;

/// Longest password read from standard input, in bytes.
const MAX_INPUT: u64 = 4_096;

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Makes a user. Without `--password-stdin`, a password is made and printed once.
    Create {
        /// E-mail address.
        email: String,
        /// May use the admin panel.
        #[arg(long)]
        admin: bool,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
}

pub(crate) async fn run(config: &Config, command: UserCommand) -> anyhow::Result<()> {
    let UserCommand::Create { email, admin, password_stdin } = command;
    let given = if password_stdin { Some(read_password()?) } else { None };
    let password = match &given {
        Some(password) => password.clone(),
        None => random_hex()?,
    };
    let app = house::build(config, &CancellationToken::new()).await?;
    let user = auth::create_user(&app, &email, &password, admin.then_some(auth::ADMIN)).await?;
    app.shut_down().await;
    say(&format!("Made {}{}.", user.email, if admin { ", an administrator" } else { "" }))?;
    if given.is_none() {
        say(&format!("Password, shown only now: {}", password.expose_secret()))?;
    }
    Ok(())
}

fn read_password() -> anyhow::Result<Secret> {
    let mut text = String::new();
    std::io::stdin().lock().take(MAX_INPUT).read_to_string(&mut text).context("no password on standard input")?;
    Ok(Secret::from(text.trim_end_matches(['\r', '\n']).to_owned()))
}
