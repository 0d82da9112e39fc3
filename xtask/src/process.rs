//! Running other programs: visibly, and never leaving one behind.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}

/// A cargo of the same toolchain, at the root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.args(arguments).current_dir(root());
    command
}

/// Says what is being done and how long it took; true when it succeeded.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<bool> {
    println!("── {name}");
    let started = Instant::now();
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    let outcome = if status.success() { "done" } else { "FAILED" };
    println!("── {name}: {outcome} after {:.0?}", started.elapsed());
    Ok(status.success())
}

/// Runs a command, passing every line on as it comes; gives all lines and whether it succeeded.
pub(crate) fn watched(name: &str, command: &mut Command) -> Result<(bool, Vec<String>)> {
    println!("── {name}");
    let started = Instant::now();
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|e| format!("{name}: {e}"))?;
    let (sender, lines) = mpsc::channel();
    let mut readers = Vec::new();
    let streams: [Option<Box<dyn Read + Send>>; 2] =
        [child.stdout.take().map(|s| Box::new(s) as _), child.stderr.take().map(|s| Box::new(s) as _)];
    for stream in streams.into_iter().flatten() {
        let sender = sender.clone();
        readers.push(thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(std::result::Result::ok) {
                // What a test prints need not be text.
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        }));
    }
    drop(sender);
    let mut all = Vec::new();
    for line in lines {
        println!("{line}");
        all.push(line);
    }
    for reader in readers {
        let _ = reader.join();
    }
    let status = child.wait()?;
    println!("── {name}: {} after {:.0?}", if status.success() { "done" } else { "FAILED" }, started.elapsed());
    Ok((status.success(), all))
}

/// True when a program is there.
pub(crate) fn exists(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// True for the superuser.
pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}

/// A program in the background; ended by its own number when dropped, and by the system when this program dies.
pub(crate) struct Background(Child);

impl Background {
    /// Starts `program` as `user` if one is named.
    pub(crate) fn start(user: Option<&str>, program: &str, arguments: &[&str], log: &std::path::Path) -> Result<Self> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if let Some(user) = user {
            command.args(["--reuid", user, "--regid", user, "--init-groups"]);
        }
        let out = std::fs::File::create(log)?;
        command.arg("--").arg(program).args(arguments).stdin(Stdio::null()).stderr(out.try_clone()?).stdout(out);
        Ok(Self(command.spawn().map_err(|error| format!("{program}: {error}"))?))
    }

    /// True while it runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).stderr(Stdio::null()).status();
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if !self.is_running() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A free port on loopback.
pub(crate) fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Waits until somebody listens.
pub(crate) fn wait_for_port(name: &str, port: u16, process: &mut Background) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        if !process.is_running() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(format!("{name} did not start").into())
}
