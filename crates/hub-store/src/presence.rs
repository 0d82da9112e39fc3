//! Who works on a SQLite file. Every worker holds a shared lock on a file beside it as long as it lives; the system gives the
//! lock back when a process dies, however it does. Whoever gets the lock for itself alone knows that no other worker lives.

use crate::connect::Store;
use crate::error::{Result, StoreError};
use std::fs::{File, OpenOptions, TryLockError};

/// Said beside the name of the database's file.
const SUFFIX: &str = "workers";

/// A worker that is about to begin.
#[derive(Debug)]
pub struct Entrance {
    file: Option<File>,
    alone: bool,
}

/// A worker that works; over when dropped.
#[derive(Debug)]
pub struct Presence {
    _file: Option<File>,
}

impl Store {
    /// Comes in. On PostgreSQL nobody ever knows to be alone.
    pub fn enter(&self) -> Result<Entrance> {
        let Some(path) = &self.file else { return Ok(Entrance { file: None, alone: false }) };
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(SUFFIX);
        let opened = OpenOptions::new().create(true).truncate(false).write(true).read(true).open(name);
        let file =
            opened.map_err(|error| StoreError::Invalid(format!("the workers' lock cannot be opened: {error}")))?;
        match file.try_lock() {
            Ok(()) => Ok(Entrance { file: Some(file), alone: true }),
            Err(TryLockError::WouldBlock) => Ok(Entrance { file: Some(file), alone: false }),
            // A file system without locks: the leases decide.
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "this file system has no locks");
                Ok(Entrance { file: None, alone: false })
            }
        }
    }
}

impl Entrance {
    /// True when no other worker lives, and none begins before [`Entrance::join`].
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// Becomes one of the workers; waits for one that is just finding out whether it is alone.
    pub fn join(self) -> Result<Presence> {
        let Some(file) = self.file else { return Ok(Presence { _file: None }) };
        let shared = || {
            if self.alone {
                file.unlock()?;
            }
            file.lock_shared()
        };
        shared().map_err(|error| StoreError::Invalid(format!("the workers' lock cannot be taken: {error}")))?;
        Ok(Presence { _file: Some(file) })
    }
}
