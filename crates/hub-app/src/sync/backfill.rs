//! The job that reads back what a platform keeps of an account: once after linking, and when somebody asks.

use super::pull_account::{give_up_reading, pull_account};
use crate::channels::heal;
use crate::jobs::{self, Outcome};
use crate::{App, AppError};
use hub_domain::AccountId;
use hub_platform_kit::Remedy;
use std::time::Duration;

/// Pages read by one run of the job; the rest follows in the next, so that others have their turn.
const PAGES: usize = 20;
/// Pause between two runs.
const PAUSE: Duration = Duration::from_secs(1);

/// Reads some pages, and asks for another turn while there is more. How far it got is stored with what it brought. `last` = it
/// will not be tried again.
pub async fn backfill(app: &App, id: AccountId, last: bool) -> Outcome {
    let outcome = read(app, id).await;
    let given_up =
        matches!(outcome, Outcome::Dead { .. }) || (last && matches!(outcome, Outcome::Again { counts: true, .. }));
    if given_up && let Err(error) = give_up_reading(app, id).await {
        tracing::debug!(%error, "a reading that was given up still looks as if it went on");
    }
    outcome
}

async fn read(app: &App, id: AccountId) -> Outcome {
    for _ in 0..PAGES {
        match pull_account(app, id, Duration::ZERO).await {
            Ok(pulled) if pulled.more => {}
            Ok(_) | Err(AppError::AccountInactive | AppError::AccountNotFound | AppError::AccountNeedsReauth) => {
                return Outcome::Done;
            }
            Err(AppError::Platform { error, .. }) => {
                let why = error.to_string();
                let final_no = matches!(error.kind.remedy(true), Remedy::Fail | Remedy::RestPlatform);
                if final_no && let Err(error) = heal::gave_up(app, id, &error.message).await {
                    return jobs::again(&error);
                }
                return match error.kind.remedy(true) {
                    Remedy::RetryAfter(wait) => Outcome::Again { after: Some(wait), counts: false, why },
                    Remedy::RetryLater | Remedy::Unconfirmed => Outcome::Again { after: None, counts: true, why },
                    Remedy::Fail | Remedy::MarkAccount | Remedy::RestPlatform => Outcome::Dead { why },
                };
            }
            Err(error) => return jobs::again(&error),
        }
    }
    Outcome::Again { after: Some(PAUSE), counts: false, why: "there is more to read back".to_owned() }
}
