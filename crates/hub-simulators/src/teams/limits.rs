//! Budgets: calls per second, for a person, an app and a chat. Rejected calls count as well.

use super::call::Call;
use super::endpoint::Endpoint;
use super::problem::Problem;
use super::world::{MAX_KEPT, World};

/// Reading or writing messages, of an app in a tenant.
const PER_TENANT: u32 = 20;
/// The same in one chat.
const PER_CHAT: u32 = 1;
/// Lists of chats and single chats, of a person.
const PER_USER: u32 = 5;

impl World {
    /// Counts a call; tells whether it is refused.
    pub(super) fn count(&mut self, endpoint: Endpoint, call: &Call) -> Option<Problem> {
        let grant = self.caller(call)?;
        let app = format!("{} {}", endpoint.name(), grant.client_id);
        let tenant = self.users.get(&grant.user).map(|user| user.tenant_id.clone()).unwrap_or_default();
        let chat = call.segments.iter().position(|part| part == "chats").and_then(|at| call.segments.get(at + 1));
        let chat = chat.cloned().unwrap_or_default();
        let mut slots: Vec<(String, u32)> = Vec::new();
        if let Some(limit) = self.limits.get(&endpoint) {
            slots.push((format!("own {app} {}", grant.user), *limit));
        }
        if self.options.throttle {
            match endpoint {
                Endpoint::Messages | Endpoint::Send => {
                    // Whoever posts has a second of their own in a chat.
                    let poster = if endpoint == Endpoint::Send { grant.user.as_str() } else { "" };
                    slots.push((format!("tenant {app} {tenant}"), PER_TENANT));
                    slots.push((format!("chat {app} {tenant} {chat} {poster}"), PER_CHAT));
                }
                Endpoint::Chats => slots.push((format!("user {app} {}", grant.user), PER_USER)),
                _ => {}
            }
        }
        let now = self.now_ms();
        if self.used.len() >= MAX_KEPT {
            self.used.clear();
        }
        let mut refused = false;
        for (key, limit) in slots {
            let used = self.used.entry(key).or_default();
            if used.0 != now / 1_000 {
                *used = (now / 1_000, 0);
            }
            used.1 += 1;
            refused |= used.1 > limit;
        }
        // The rest of the second, with a fraction as the platform has it.
        let left = 1_000 - now.rem_euclid(1_000);
        refused.then(|| Problem::too_many(Some(format!("{}.{:03}", left / 1_000, left % 1_000))))
    }
}
