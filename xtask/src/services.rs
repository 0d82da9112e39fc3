//! Private servers for the suites: on loopback, on free ports, in a folder that goes with them.

use crate::packages::postgres_folder;
use crate::process::{Background, Result, free_port, is_root, root, wait_for_port};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder that is removed when dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What runs. The servers end before their folder goes.
pub(crate) struct Services {
    _postgres: Background,
    _redis: Background,
    _folder: Folder,
    /// An administrator's address.
    pub(crate) postgres_url: String,
    pub(crate) redis_url: String,
}

impl Services {
    /// Starts PostgreSQL and Redis. `durable` = every commit is synced, as in production.
    pub(crate) fn start(durable: bool) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("messaging-hub-services-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let folder = Folder(folder);
        let (postgres, postgres_url) = start_postgres(&folder.0, durable)?;
        let (redis, redis_url) = start_redis(&folder.0)?;
        println!("── private servers: {postgres_url}, {redis_url}");
        Ok(Self { _postgres: postgres, _redis: redis, _folder: folder, postgres_url, redis_url })
    }
}

fn start_postgres(folder: &Path, durable: bool) -> Result<(Background, String)> {
    let programs = postgres_folder().ok_or("PostgreSQL is not installed")?;
    // PostgreSQL refuses to run as the superuser.
    let user = is_root().then_some("postgres");
    let data = folder.join("postgres");
    std::fs::create_dir_all(&data)?;
    if let Some(user) = user {
        let owned = Command::new("chown").arg("-R").arg(user).arg(folder).status()?;
        if !owned.success() {
            return Err("the folder of PostgreSQL could not be given to its user".into());
        }
    }
    let data = data.display().to_string();
    let initdb = programs.join("initdb").display().to_string();
    let mut made = match user {
        Some(user) => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", user, "--regid", user, "--init-groups", "--", &initdb]);
            command
        }
        None => Command::new(&initdb),
    };
    let made = made
        .args(["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", &data])
        .current_dir("/")
        .output()?;
    if !made.status.success() {
        return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)).into());
    }
    let port = free_port()?;
    let (port_text, sockets) = (port.to_string(), format!("unix_socket_directories={data}"));
    let mut arguments = vec![
        "-D",
        &data,
        "-p",
        &port_text,
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        &sockets,
        "-c",
        "max_connections=300",
    ];
    if !durable {
        arguments.extend(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
    }
    let program = programs.join("postgres").display().to_string();
    let mut postgres = Background::start(user, &program, &arguments, &root().join("target/postgres.log"))?;
    wait_for_port("PostgreSQL", port, &mut postgres)?;
    Ok((postgres, format!("postgres://postgres@127.0.0.1:{port}/postgres")))
}

fn start_redis(folder: &Path) -> Result<(Background, String)> {
    let port = free_port()?;
    let (port_text, folder) = (port.to_string(), folder.display().to_string());
    let arguments = ["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", &folder];
    let mut redis = Background::start(None, "redis-server", &arguments, &root().join("target/redis.log"))?;
    wait_for_port("Redis", port, &mut redis)?;
    Ok((redis, format!("redis://127.0.0.1:{port}")))
}
