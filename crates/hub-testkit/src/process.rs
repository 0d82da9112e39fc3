//! The hub as its users run it: a process of its own, started, watched and killed.

use crate::{Client, PATIENCE};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running hub. Killed when dropped.
#[derive(Debug)]
pub struct HubProcess {
    child: Child,
    /// Its address, such as `http://127.0.0.1:41234`.
    pub base: String,
}

impl HubProcess {
    /// Starts `binary` with `settings` as its whole environment (and PATH) and waits for the line that says where to look.
    pub async fn start(binary: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_as(binary, "serve", settings).await
    }

    /// The same with its log in a file, which is added to.
    pub async fn start_logged(binary: &Path, settings: &[(&str, &str)], log: &Path) -> Self {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a file for the log");
        Self::spawn(binary, "serve", settings, Stdio::from(log)).await
    }

    /// The same with another command than `serve`.
    pub async fn start_as(binary: &Path, command: &str, settings: &[(&str, &str)]) -> Self {
        Self::spawn(binary, command, settings, Stdio::inherit()).await
    }

    async fn spawn(binary: &Path, command: &str, settings: &[(&str, &str)], log: Stdio) -> Self {
        let mut child = Command::new(binary)
            .arg(command)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "error".to_owned()))
            .env("HOST", "127.0.0.1")
            .env("PORT", "0")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the hub starts");
        let stdout = child.stdout.take().expect("piped");
        let mut lines = BufReader::new(stdout).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await.expect("readable") {
                if let Some((_, address)) = line.rsplit_once("http://localhost:") {
                    return address.trim().to_owned();
                }
            }
            panic!("the hub ended before it was ready");
        };
        let port = tokio::time::timeout(PATIENCE, ready).await.expect("the hub is ready in time");
        // The pipe must be read on, or a talkative hub would stand still.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, base: format!("http://127.0.0.1:{port}") }
    }

    /// A client of this hub.
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// Ends it as a power cut would.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Asks it to stop, as an operator would, and waits until it has.
    pub async fn stop(&mut self) {
        let asked = Command::new("kill").arg("-TERM").arg(self.id().to_string()).status().await;
        assert!(asked.expect("the program kill").success(), "it can be asked to stop");
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it stops in time").expect("it ended");
    }

    /// Its resident memory in kilobytes, where the system tells.
    pub fn resident_kb(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
    }

    /// True while it runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }
}
