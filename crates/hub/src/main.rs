//! The roof: reads the configuration, builds the house, opens the doors.

mod commands;
mod config;
mod house;
mod logging;
mod platform_settings;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Two providers may be compiled in by libraries; TLS must not have to guess.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let command = commands::Cli::parse();
    logging::start();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            commands::say_error(&format!("the runtime could not be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            commands::say_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
