//! What the suites need from the system: looked for, installed where that is allowed, asked for where it is not.

use crate::process::{Result, exists, is_root, step};
use std::path::PathBuf;
use std::process::Command;

/// A Debian package, and how to see that it is there.
struct Package {
    name: &'static str,
    present: fn() -> bool,
}

const NEEDED: [Package; 4] = [
    Package { name: "postgresql", present: || postgres_folder().is_some() },
    Package { name: "redis-server", present: || exists("redis-server") },
    Package { name: "python3-venv", present: has_venv },
    Package { name: "chromium", present: || browser().is_some() },
];

/// Installs what is missing.
pub(crate) fn install_missing() -> Result<()> {
    let missing: Vec<&str> = NEEDED.iter().filter(|package| !(package.present)()).map(|package| package.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    println!("── missing: {list}");
    let sudo = !is_root() && Command::new("sudo").args(["-n", "true"]).output().is_ok_and(|out| out.status.success());
    if !exists("apt-get") || !(is_root() || sudo) {
        return Err(format!("please install: {list} (on Debian: apt-get install {list})").into());
    }
    let apt = |arguments: &[&str]| {
        let mut command = if sudo { Command::new("sudo") } else { Command::new("apt-get") };
        if sudo {
            command.args(["-n", "apt-get"]);
        }
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    step("reading the package lists", apt(&["update", "-qq"]).arg("-o=Acquire::Retries=3"))?;
    let mut install = apt(&["install", "-y", "-qq", "--no-install-recommends"]);
    if !step("installing, a minute or two", install.args(&missing))? {
        return Err(format!("these could not be installed: {list}").into());
    }
    Ok(())
}

/// The newest PostgreSQL's programs.
pub(crate) fn postgres_folder() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            path.join("bin/initdb").exists().then(|| (version, path.join("bin")))
        })
        .collect();
    folders.sort();
    folders.pop().map(|(_, path)| path)
}

/// A browser that the pages can be looked at with.
pub(crate) fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&folders).flat_map(|folder| names.map(|name| folder.join(name)));
    places.find(|place| place.is_file())
}

fn has_venv() -> bool {
    let probe = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
    probe.is_ok_and(|out| out.status.success())
}
