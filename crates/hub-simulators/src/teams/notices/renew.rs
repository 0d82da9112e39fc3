//! Prolonging subscriptions, giving them other certificates, and proving access again.

use super::certificate::Certificate;
use super::subscribe::{MAX_NAME, expiry};
use crate::teams::call::Call;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::World;
use serde_json::Value;

/// What can be changed.
const CHANGEABLE: [&str; 3] = ["expirationDateTime", "encryptionCertificate", "encryptionCertificateId"];

impl World {
    /// `PATCH /subscriptions/{id}`: also proves access again.
    pub(in crate::teams) fn renew(&mut self, call: &Call, id: &str) -> Outcome {
        let place = self.own_subscription(call, id)?;
        let members = call.body.as_object().ok_or_else(|| Problem::bad_request("The body is missing."))?;
        let unknown = members.keys().find(|name| !name.starts_with('@') && !CHANGEABLE.contains(&name.as_str()));
        if let Some(unknown) = unknown {
            return Err(Problem::graph(400, "InvalidRequest", &format!("Property {unknown} cannot be updated.")));
        }
        let has_lifecycle = self.subscriptions[place].lifecycle_url.is_some();
        let expires_ms = match call.text("expirationDateTime") {
            Some(text) => Some(expiry(text, has_lifecycle, self.now_ms())?),
            None => None,
        };
        let certificate = match (call.text("encryptionCertificate"), call.text("encryptionCertificateId")) {
            (None, None) => None,
            (Some(text), Some(name)) if !name.is_empty() && name.len() <= MAX_NAME => {
                Some(Certificate::read(name, text).map_err(|words| Problem::graph(400, "InvalidRequest", words))?)
            }
            _ => {
                let words = "encryptionCertificate and encryptionCertificateId belong together.";
                return Err(Problem::graph(400, "InvalidRequest", words));
            }
        };
        let one = &mut self.subscriptions[place];
        if certificate.is_some() && one.certificate.is_none() {
            let words = "A subscription without resource data takes no certificate.";
            return Err(Problem::graph(400, "InvalidRequest", words));
        }
        one.expires_ms = expires_ms.unwrap_or(one.expires_ms);
        one.certificate = certificate.or(one.certificate.take());
        one.paused = false;
        let one = one.clone();
        Ok((200, self.told_subscription(&one)))
    }

    /// `POST /subscriptions/{id}/reauthorize`: proves access again, and prolongs nothing.
    pub(in crate::teams) fn reauthorize(&mut self, call: &Call, id: &str) -> Outcome {
        let place = self.own_subscription(call, id)?;
        self.subscriptions[place].paused = false;
        Ok((204, Value::Null))
    }
}
