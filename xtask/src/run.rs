//! `cargo xtask run` and `cargo xtask openapi`.

use crate::process::{Result, cargo, exists, root, step};
use std::process::{Command, ExitCode, Stdio};

/// The folder of built programs.
pub(crate) fn target_folder() -> std::path::PathBuf {
    std::env::var("CARGO_TARGET_DIR").map_or_else(|_| root().join("target"), Into::into)
}

/// Builds the hub for use and runs it. Everything after the options goes to the hub.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let demo = arguments.iter().any(|argument| argument == "--demo");
    if !exists("node") {
        println!("── Node is not here; the hub does not need it to run.");
    }
    let mut build = cargo(&["build", "--release", "-p", "hub"]);
    if demo {
        build.args(["--features", "demo"]);
    }
    if !step("building the hub (some minutes the first time, seconds later)", &mut build)? {
        return Ok(ExitCode::FAILURE);
    }
    let mut hub = Command::new(target_folder().join("release/hub"));
    hub.arg(if demo { "demo" } else { "serve" });
    hub.args(arguments.iter().filter(|argument| *argument != "--demo"));
    // Signals of the terminal reach the hub as well; it stops in its own time, and we wait for it.
    let status = hub.status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Writes the snapshot of the API's description.
pub(crate) fn openapi() -> Result<ExitCode> {
    let made = cargo(&["run", "-q", "-p", "hub", "--", "openapi"]).stderr(Stdio::inherit()).output()?;
    if !made.status.success() {
        return Ok(ExitCode::FAILURE);
    }
    std::fs::write(root().join("docs/openapi.json"), made.stdout)?;
    println!("wrote docs/openapi.json");
    Ok(ExitCode::SUCCESS)
}
