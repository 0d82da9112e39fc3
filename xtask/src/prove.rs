//! `cargo xtask prove`: the hub with all simulated platforms, everything going wrong for as long as asked.

use crate::process::{Result, cargo, step};
use crate::services::Services;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Minutes, when nobody says.
const MINUTES: &str = "5";

/// Runs it; fails when the checker finds anything.
pub(crate) fn prove(arguments: &[String]) -> Result<ExitCode> {
    let given = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let minutes = given("--minutes").unwrap_or_else(|| MINUTES.to_owned());
    let seed = given("--seed").unwrap_or_else(|| now.to_string());
    let engine = given("--engine").unwrap_or_else(|| "sqlite".to_owned());
    if minutes.parse::<u64>().is_err() || seed.parse::<u64>().is_err() {
        return Err("--minutes and --seed take numbers".into());
    }
    let services = match engine.as_str() {
        "sqlite" => None,
        "postgres" => Some(Services::start(false)?),
        other => return Err(format!("there is no engine {other}").into()),
    };
    println!("── {minutes} minute(s), seed {seed}, {engine}; the same seed draws the same faults");
    let mut command =
        cargo(&["test", "-p", "hub", "--features", "demo", "--test", "it", "--", "prove::for_as_long_as_asked"]);
    command.args(["--exact", "--ignored", "--nocapture"]);
    command.env("HUB_PROVE_MINUTES", &minutes).env("HUB_PROVE_SEED", &seed).env("HUB_PROVE_ENGINE", &engine);
    if let Some(services) = &services {
        command.env("HUB_TEST_POSTGRES_URL", &services.postgres_url);
    }
    let passed = step("the fault run", &mut command)?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
