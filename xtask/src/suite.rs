//! `cargo xtask test`: everything that must hold, on a machine that may have nothing but Rust.

use crate::packages;
use crate::process::{Result, cargo, exists, root, step, watched};
use crate::run::target_folder;
use crate::services::Services;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    fn add(&mut self, passed: bool) {
        if passed { self.passed += 1 } else { self.failed += 1 }
    }
}

/// Runs the checks and every suite; with a filter, only the suites' tests that match.
pub(crate) fn test(arguments: &[String]) -> Result<ExitCode> {
    let started = Instant::now();
    std::fs::create_dir_all(root().join("target"))?;
    packages::install_missing()?;
    let services = Services::start(false)?;
    let mut tally = Tally::default();
    if arguments.is_empty() {
        tally.add(step("format", &mut cargo(&["fmt", "--all", "--check"]))?);
        let clippy = ["clippy", "--workspace", "--all-targets", "--features", "hub/demo", "--", "-D", "warnings"];
        tally.add(step("lints (some minutes the first time)", &mut cargo(&clippy))?);
    }
    let nextest = exists("cargo-nextest");
    let mut suites = if nextest {
        cargo(&["nextest", "run", "--workspace", "--features", "hub/demo", "--no-fail-fast"])
    } else {
        cargo(&["test", "--workspace", "--features", "hub/demo", "--no-fail-fast"])
    };
    suites
        .args(arguments)
        .env("HUB_TEST_REQUIRE_ALL", "1")
        // A panic's words say what failed; stacks of async code only bury them.
        .env("RUST_BACKTRACE", "0")
        .env("HUB_TEST_POSTGRES_URL", &services.postgres_url)
        .env("HUB_TEST_REDIS_URL", &services.redis_url)
        .env("HUB_SDK_PYTHON", sdk_python()?);
    if let (Some(browser), Some(modules)) = (packages::browser(), browser_modules()?) {
        suites.env("HUB_BROWSER", browser).env("HUB_BROWSER_MODULES", modules);
    }
    // Named by whoever runs the suites, or beside the repository.
    let specs = root().join("../shared/platforms/specs");
    if specs.is_dir() {
        suites.env("HUB_SPECS_DIR", specs);
    } else if std::env::var_os("HUB_SPECS_DIR").is_none() {
        println!("── the publishers' own API descriptions are not here; what is checked against them does not run");
    }
    let (succeeded, lines) = watched("suites (some minutes to build the first time)", &mut suites)?;
    // Each runner has one summary; the other's words stand only in what it quotes of a failed test.
    let own = if nextest { "Summary [" } else { "test result: " };
    let counted = lines
        .iter()
        .filter(|line| line.trim_start().starts_with(own))
        .filter_map(|line| count(line))
        .fold(Tally::default(), |sum, one| Tally { passed: sum.passed + one.passed, failed: sum.failed + one.failed });
    tally.passed += counted.passed;
    // A suite that did not build, or died, has no line of its own.
    tally.failed += if succeeded { counted.failed } else { counted.failed.max(1) };
    drop(services);
    println!("── all of it: {:.0?}", started.elapsed());
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(if tally.failed == 0 && tally.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads a runner's own summary: `test result: ok. 3 passed; 1 failed; …` or `Summary … 4 tests run: 3 passed, 1 failed, …`.
fn count(line: &str) -> Option<Tally> {
    let counts = line
        .split_once("test result: ")
        .or_else(|| line.split_once(" tests run: ").or_else(|| line.split_once(" test run: ")))?
        .1;
    let number = |word: &str| {
        let before = counts.split(word).next().filter(|before| before.len() < counts.len())?;
        before.rsplit(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
    };
    let timed_out: u64 = number(" timed out").unwrap_or(0);
    Some(Tally { passed: number(" passed")?, failed: number(" failed").unwrap_or(0) + timed_out })
}

/// A Python with the SDKs that act as clients of the simulators; made once per list of SDKs.
fn sdk_python() -> Result<PathBuf> {
    let list = root().join("crates/hub-simulators/tests/sdk/requirements.txt");
    let folder = target_folder().join("sdk-venv");
    let python = folder.join("bin/python");
    let wanted = std::fs::read_to_string(&list)?;
    let installed = folder.join("requirements.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|known| known == wanted) {
        return Ok(python);
    }
    if !step("a Python for the SDKs", Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))? {
        return Err("python3 -m venv does not work here".into());
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r"]).arg(&list);
    if !step("installing the SDKs", &mut install)? {
        return Err("the SDKs could not be installed".into());
    }
    std::fs::write(installed, wanted)?;
    Ok(python)
}

/// What drives the browser; installed once per list. `None` without Node: the suite that needs it then says so and fails.
fn browser_modules() -> Result<Option<PathBuf>> {
    if !exists("node") || !exists("npm") {
        println!("── Node is not here; the pages cannot be looked at in a browser");
        return Ok(None);
    }
    let lists = root().join("crates/hub/tests/browser");
    let folder = target_folder().join("browser-tests");
    std::fs::create_dir_all(&folder)?;
    let lock = "package-lock.json";
    let wanted = std::fs::read_to_string(lists.join(lock))?;
    let installed = folder.join("installed.json");
    if std::fs::read_to_string(&installed).is_ok_and(|known| known == wanted) {
        return Ok(Some(folder));
    }
    for file in ["package.json", lock] {
        std::fs::copy(lists.join(file), folder.join(file))?;
    }
    let mut install = Command::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder);
    if !step("installing what drives the browser", &mut install)? {
        return Err("what drives the browser could not be installed".into());
    }
    std::fs::write(installed, wanted)?;
    Ok(Some(folder))
}

#[cfg(test)]
mod tests {
    use super::{Tally, count};

    #[test]
    fn reads_the_runners_own_words() {
        let cargo = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(count(cargo), Some(Tally { passed: 12, failed: 3 }));
        let nextest = "     Summary [  12.345s] 40 tests run: 38 passed (1 slow), 2 failed, 5 skipped";
        assert_eq!(count(nextest), Some(Tally { passed: 38, failed: 2 }));
        assert_eq!(count("Summary [ 1s] 4 tests run: 4 passed, 0 skipped"), Some(Tally { passed: 4, failed: 0 }));
        assert_eq!(count("running 4 tests"), None);
    }
}
