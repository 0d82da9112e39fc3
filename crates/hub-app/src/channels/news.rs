//! What the outcome of a call says about the account.

use hub_domain::{Evidence, EvidenceKind, Timestamp};
use hub_platform_kit::{ErrorKind, PlatformError};

/// The evidence in an outcome; `None` = it is about what was asked, not about the account. `began` is when the call began.
pub(crate) fn of_call<T>(outcome: &Result<T, PlatformError>, began: Timestamp) -> Option<Evidence> {
    match outcome {
        Ok(_) => Some(Evidence::new(EvidenceKind::Worked, "The platform answers.", began)),
        Err(error) => {
            let kind = kind(error)?;
            let status = error.status.map(|status| status.to_string());
            let code = error.remote_code.as_deref().or(status.as_deref());
            Some(Evidence::new(kind, error.message.as_str(), began).with_code(code))
        }
    }
}

fn kind(error: &PlatformError) -> Option<EvidenceKind> {
    match error.kind {
        ErrorKind::Transient { .. } => Some(EvidenceKind::Unreachable),
        // Without a status it is the hub's own budget that holds the call back.
        ErrorKind::RateLimited { .. } => error.status.map(|_| EvidenceKind::SlowDown),
        ErrorKind::ReauthRequired => Some(EvidenceKind::CredentialsRefused),
        ErrorKind::Misconfigured => Some(EvidenceKind::Misconfigured),
        ErrorKind::NotHere { .. }
        | ErrorKind::Rejected
        | ErrorKind::NotFound
        | ErrorKind::BadInput
        | ErrorKind::Unsupported
        | ErrorKind::UnexpectedReply => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Evidence, EvidenceKind, of_call};
    use hub_domain::Timestamp;
    use hub_platform_kit::{ErrorKind, PlatformError};

    #[test]
    fn only_an_answer_about_credentials_accuses_the_sign_in() {
        let of = |error: PlatformError| of_call::<()>(&Err(error), Timestamp::default());
        let kind = |kind| of(PlatformError::new(kind, "words").with_status(500)).map(|evidence| evidence.kind);
        assert_eq!(kind(ErrorKind::Transient { maybe_applied: true }), Some(EvidenceKind::Unreachable));
        assert_eq!(kind(ErrorKind::RateLimited { retry_after: None }), Some(EvidenceKind::SlowDown));
        assert_eq!(kind(ErrorKind::ReauthRequired), Some(EvidenceKind::CredentialsRefused));
        assert_eq!(kind(ErrorKind::Misconfigured), Some(EvidenceKind::Misconfigured));
        for of_the_request in [ErrorKind::Rejected, ErrorKind::NotFound, ErrorKind::BadInput, ErrorKind::Unsupported] {
            assert_eq!(kind(of_the_request), None);
        }
        let own_budget = PlatformError::new(ErrorKind::RateLimited { retry_after: None }, "later");
        assert_eq!(of(own_budget), None, "the platform said nothing");
        let refused = PlatformError::new(ErrorKind::ReauthRequired, "no").with_status(401).with_code("190");
        assert_eq!(of(refused).and_then(|Evidence { code, .. }| code).as_deref(), Some("190"));
        assert_eq!(of_call(&Ok(()), Timestamp::default()).map(|e| e.kind), Some(EvidenceKind::Worked));
    }
}
