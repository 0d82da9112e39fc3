//! The installation's secrets. Outside production, missing ones are made at the first start and kept beside the data, for
//! the owner's eyes only; production must be given its own.

use super::sections::Sections;
use super::set_secret;
use anyhow::{Context, bail};
use hub_platform_kit::Secret;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Where made secrets are kept, in the data folder.
const FILE: &str = "secrets.json";
/// Random bytes of a made secret.
const SECRET_BYTES: usize = 32;

pub(super) struct Secrets {
    pub(super) jwt_secret: Secret,
    pub(super) jwt_refresh_secret: Secret,
    pub(super) encryption_key: Secret,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    jwt_secret: Option<String>,
    jwt_refresh_secret: Option<String>,
    encryption_key: Option<String>,
}

impl Secrets {
    pub(super) fn load(sections: &Sections) -> anyhow::Result<Self> {
        let access = &sections.access;
        let given = [
            ("JWT_SECRET", set_secret(access.jwt_secret.as_ref())),
            ("JWT_REFRESH_SECRET", set_secret(access.jwt_refresh_secret.as_ref())),
            ("ENCRYPTION_KEY", set_secret(access.encryption_key.as_ref())),
        ];
        if sections.production()
            && let Some((name, _)) = given.iter().find(|(_, value)| value.is_none())
        {
            bail!("production needs {name}; make one with: openssl rand -hex 32");
        }
        let [jwt_secret, jwt_refresh_secret, encryption_key] = given.map(|(_, value)| value);
        let file = sections.server.data_dir.join(FILE);
        let mut kept = read(&file)?;
        let before = serde_json::to_string(&kept)?;
        let secrets = Self {
            jwt_secret: choose(jwt_secret, &mut kept.jwt_secret)?,
            jwt_refresh_secret: choose(jwt_refresh_secret, &mut kept.jwt_refresh_secret)?,
            encryption_key: choose(encryption_key, &mut kept.encryption_key)?,
        };
        if serde_json::to_string(&kept)? != before {
            write_private(&file, &serde_json::to_string_pretty(&kept)?)?;
        }
        Ok(secrets)
    }
}

fn choose(given: Option<Secret>, kept: &mut Option<String>) -> anyhow::Result<Secret> {
    if let Some(given) = given {
        return Ok(given);
    }
    if kept.is_none() {
        *kept = Some(random_hex()?.expose_secret().to_owned());
    }
    kept.clone().map(Secret::from).context("no secret was made")
}

fn read(file: &Path) -> anyhow::Result<Kept> {
    match std::fs::read_to_string(file) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is not readable", file.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Kept::default()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be opened", file.display())),
    }
}

/// 32 random bytes as hex.
pub(crate) fn random_hex() -> anyhow::Result<Secret> {
    let mut bytes = [0_u8; SECRET_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no randomness"))?;
    Ok(Secret::from(hex::encode(bytes)))
}

/// Writes a file that only its owner may read: whole, or not at all.
pub(crate) fn write_private(file: &Path, text: &str) -> anyhow::Result<()> {
    let unfinished = file.with_extension("part");
    let failed = || format!("{} cannot be written", file.display());
    let _ = std::fs::remove_file(&unfinished);
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).with_context(failed)?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).with_context(failed)?;
    std::fs::rename(&unfinished, file).with_context(failed)
}
