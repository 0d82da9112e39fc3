//! The commands of this repository: `cargo xtask run`, `cargo xtask test`, and two for its keepers.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![allow(clippy::disallowed_methods, reason = "it reads the environment and ends processes; that is its work")]

mod bench;
mod bench_import;
mod packages;
mod process;
mod prove;
mod run;
mod services;
mod suite;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask run [--demo]    build what is missing and run the hub on port 3000
cargo xtask test [filter]   install and start what the suites need, and run all of them
cargo xtask prove [--minutes N] [--seed S] [--engine sqlite|postgres]
                            let everything go wrong for a while, and look whether anything was lost or doubled
cargo xtask bench           measure, as a ratio to what this machine can do
cargo xtask openapi         write docs/openapi.json anew";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    let outcome = match arguments.first().map(String::as_str) {
        Some("run") => run::run(rest),
        Some("test") => suite::test(rest),
        Some("prove") => prove::prove(rest),
        Some("bench") => bench::bench(rest),
        Some("openapi") => run::openapi(),
        _ => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
