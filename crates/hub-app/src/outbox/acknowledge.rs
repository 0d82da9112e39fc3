//! The job that answers a notice, such as a pressed button, so that the person's app stops waiting. A comfort: it never fails
//! loudly.

use crate::App;
use crate::accounts::grants::{call_with, open_grant};
use crate::jobs::{self, Outcome};
use hub_domain::AccountId;
use hub_platform_kit::{Grant, Remedy};
use uuid::Uuid;

/// Answers it.
pub async fn acknowledge(app: &App, account: AccountId, notice: Uuid) -> Outcome {
    let notice = match app.store().read().notices().get(notice).await {
        Ok(Some(notice)) => notice,
        Ok(None) => return Outcome::Done,
        Err(error) => return jobs::again(&error.into()),
    };
    let Ok(data) = serde_json::from_str(&notice.data) else { return Outcome::Done };
    let Ok((account, grant)) = open_grant(app, account).await else { return Outcome::Done };
    let Ok(handle) = app.handle_of(&account) else { return Outcome::Done };
    let data = &data;
    let answer = |grant: Grant| async move { handle.acknowledge(&grant, data).await };
    match call_with(app, &account, &grant, "acknowledge", answer).await {
        Ok(()) => Outcome::Done,
        Err(error) => match error.kind.remedy(true) {
            Remedy::RetryLater | Remedy::Unconfirmed => {
                Outcome::Again { after: None, counts: true, why: error.to_string() }
            }
            Remedy::RetryAfter(wait) => Outcome::Again { after: Some(wait), counts: false, why: error.to_string() },
            Remedy::Fail | Remedy::MarkAccount | Remedy::RestPlatform => Outcome::Done,
        },
    }
}
