//! Asking who somebody is. Meta keeps much to itself, and none of that is the account's fault.

use super::graph::{Graph, plain};
use crate::values::words;
use hub_platform_kit::platform::Profile;
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use serde_json::Value;

/// Codes of a dead token; all other refusals here are about the person asked for, or a feature the app was not given.
const TOKEN_IS_DEAD: &[&str] = &["0", "102", "190"];

/// Name and picture of a person; an empty profile when they are kept back.
pub(crate) async fn profile(graph: &Graph, token: &str, account: &str, person: &str, fields: &str) -> Result<Profile> {
    match graph.get(plain(person)?).query("fields", fields).token(token).account(account).ask::<Value>().await {
        Ok(answer) => Ok(read(&answer)),
        Err(error) if kept_back(&error) => Ok(Profile::default()),
        Err(error) => Err(error),
    }
}

fn kept_back(error: &PlatformError) -> bool {
    match error.kind {
        ErrorKind::Rejected | ErrorKind::NotFound | ErrorKind::BadInput => true,
        ErrorKind::ReauthRequired => {
            let code = error.remote_code.as_deref().unwrap_or_default();
            let code = code.split('/').next().unwrap_or_default();
            !TOKEN_IS_DEAD.contains(&code)
        }
        _ => false,
    }
}

/// Reads a profile; everything in it may be missing.
fn read(answer: &Value) -> Profile {
    let both = || {
        let parts = [words(answer.get("first_name")), words(answer.get("last_name"))];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    Profile {
        name: words(answer.get("name")).or_else(both),
        username: words(answer.get("username")),
        picture: words(answer.get("profile_pic")),
    }
}
