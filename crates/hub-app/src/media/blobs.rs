//! Where the bytes are: `media/<two digits>/<key>` below the data folder. Keys are ours; names people gave never touch the
//! file system.

use crate::{App, AppError, Result};
use bytes::Bytes;
use std::path::PathBuf;
use tokio::io::AsyncWriteExt;

/// The path of a key; `None` for a text that is no key of ours.
pub(crate) fn path(app: &App, key: &str) -> Option<PathBuf> {
    let ours = key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit());
    ours.then(|| app.settings().data_dir.join("media").join(&key[..2]).join(key))
}

/// Writes whole or not at all, synced, before the row says it is there.
pub(crate) async fn write(app: &App, key: &str, bytes: &Bytes) -> Result<()> {
    let failed = |e: std::io::Error| AppError::Internal(format!("a file could not be written: {e}"));
    let target = path(app, key).ok_or_else(|| AppError::Internal("not a file key".to_owned()))?;
    let folder = target.parent().ok_or_else(|| AppError::Internal("no folder".to_owned()))?;
    tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    let unfinished = target.with_extension("part");
    let mut file = tokio::fs::File::create(&unfinished).await.map_err(failed)?;
    file.write_all(bytes).await.map_err(failed)?;
    file.sync_all().await.map_err(failed)?;
    drop(file);
    tokio::fs::rename(&unfinished, &target).await.map_err(failed)
}

/// Reads whole.
pub(crate) async fn read(app: &App, key: &str) -> Result<Bytes> {
    let target = path(app, key).ok_or_else(|| AppError::Internal("not a file key".to_owned()))?;
    let bytes = tokio::fs::read(target).await;
    bytes.map(Bytes::from).map_err(|e| AppError::Internal(format!("a file could not be read: {e}")))
}
