//! The two ways in: Instagram's own sign-in, or the Facebook page before the account. They differ in host, token and in whose
//! name is called.

use super::Instagram;
use crate::meta::graph::Graph;
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};

/// The way an account came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// Instagram's own sign-in.
    Instagram,
    /// The page before the account.
    Page,
}

impl Door {
    /// As kept among the account's facts.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Instagram => "instagram",
            Self::Page => "page",
        }
    }

    /// Reads what was kept.
    pub(super) fn from_stored(name: &str) -> Option<Self> {
        [Self::Instagram, Self::Page].into_iter().find(|door| door.as_str() == name)
    }
}

/// How to call for one account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    pub(super) door: Door,
    pub(super) graph: &'a Graph,
    pub(super) token: &'a str,
    /// The account's id.
    pub(super) account: &'a str,
    /// In whose name: the account's id, or its page's.
    pub(super) owner: &'a str,
}

impl Instagram {
    /// How to call for the account. Rows of the originals name no door and no Instagram account, so they cannot be used.
    pub(super) fn way<'a>(&'a self, grant: &'a Grant) -> Result<Way<'a>> {
        let again = || PlatformError::new(ErrorKind::ReauthRequired, "this account must be linked anew");
        let door = grant.fact("door").and_then(Door::from_stored).ok_or_else(again)?;
        let account = grant.remote_id.as_str();
        let (graph, owner) = match door {
            Door::Instagram => (&self.graph, account),
            Door::Page => (&self.page_graph, grant.fact("page_id").ok_or_else(again)?),
        };
        Ok(Way { door, graph, token: grant.token(), account, owner })
    }
}
