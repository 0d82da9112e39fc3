//! Who calls, and what their token allows.

use super::call::Call;
use super::login::tokens::Grant;
use super::problem::Problem;
use super::world::World;

/// Reading chats.
pub(super) const READ: &[&str] = &["Chat.Read", "Chat.ReadWrite"];
/// Lists of chats and their members; less is enough.
pub(super) const BASIC: &[&str] = &["Chat.ReadBasic", "Chat.Read", "Chat.ReadWrite"];
/// Writing messages.
pub(super) const SEND: &[&str] = &["ChatMessage.Send", "Chat.ReadWrite"];
/// Changing messages and read marks.
pub(super) const WRITE: &[&str] = &["Chat.ReadWrite"];
/// Making chats.
pub(super) const CREATE: &[&str] = &["Chat.Create", "Chat.ReadWrite"];
/// The caller's own profile.
pub(super) const PROFILE: &[&str] = &["User.Read", "User.ReadWrite", "User.ReadBasic.All", "User.Read.All"];
/// Everybody's.
pub(super) const PROFILES: &[&str] = &["User.ReadBasic.All", "User.Read.All"];

impl World {
    /// The person's token, with one of these scopes.
    pub(super) fn person(&self, call: &Call, any_of: &[&str]) -> Result<Grant, Problem> {
        let bearer = call.bearer().ok_or_else(|| Problem::unauthorized("Access token is empty."))?;
        let access = self.access.get(bearer).ok_or_else(|| {
            Problem::unauthorized("IDX14100: JWT is not well formed, there are no dots (.), or it is not known.")
        })?;
        if access.expires_ms <= self.now_ms() {
            return Err(Problem::unauthorized("Lifetime validation failed, the token is expired."));
        }
        let grant = &access.grant;
        if let Some(claims) = self.challenged.get(&grant.user) {
            return Err(Problem::challenge(claims));
        }
        if !any_of.iter().any(|scope| grant.scopes.iter().any(|granted| granted == scope)) {
            let words = format!(
                "Missing scope permissions on the request. API requires one of '{}'. Scopes on the request '{}'",
                any_of.join(", "),
                grant.scopes.join(", ")
            );
            return Err(Problem::forbidden(&words));
        }
        Ok(grant.clone())
    }

    /// The caller, for the budgets; `None` = the call is refused anyway.
    pub(super) fn caller(&self, call: &Call) -> Option<Grant> {
        self.access.get(call.bearer()?).map(|access| access.grant.clone())
    }
}
