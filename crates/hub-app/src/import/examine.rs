//! Looking without touching: how much there is, and what will not open.

use super::{Doing, Original, OriginalKeys, PAGE, Progress, Report, Step, StepCount, Tell};
use crate::Result;
use hub_platform_kit::Registry;
use uuid::Uuid;

/// Reads everything once and changes nothing, here or there.
pub async fn examine(original: &Original, keys: &OriginalKeys, platforms: &Registry, tell: Tell<'_>) -> Result<Report> {
    let counts = original.counts().await?;
    let mut report = Report::default();
    for step in Step::ALL {
        let total = step.total(&counts);
        let (mut after, mut done) = (None, 0_u64);
        loop {
            let (last, read) = page(original, keys, platforms, step, after, &mut report).await?;
            done += read;
            tell(Progress { doing: Doing::Examining, step, done, total });
            if read < u64::from(PAGE) {
                break;
            }
            after = last;
        }
        report.steps.push(StepCount { step, total, read: done, new: 0 });
    }
    Ok(report)
}

/// Looks at one page; gives its last row and how many it had.
async fn page(
    original: &Original,
    keys: &OriginalKeys,
    platforms: &Registry,
    step: Step,
    after: Option<Uuid>,
    report: &mut Report,
) -> Result<(Option<Uuid>, u64)> {
    Ok(match step {
        Step::Users => {
            let rows = original.users(after, PAGE).await?;
            (rows.last().map(|row| row.id), rows.len() as u64)
        }
        Step::Accounts => {
            let rows = original.accounts(after, PAGE).await?;
            for row in &rows {
                report.note_account(platforms, row);
                report.open_token((keys, platforms), row, ("access_token", &row.access_token));
                if let Some(token) = &row.refresh_token {
                    report.open_token((keys, platforms), row, ("refresh_token", token));
                }
            }
            (rows.last().map(|row| row.identity.id), rows.len() as u64)
        }
        Step::RefreshTokens => {
            let rows = original.refresh_tokens(after, PAGE).await?;
            (rows.last().map(|row| row.id), rows.len() as u64)
        }
        Step::Conversations => {
            let rows = original.conversations(after, PAGE).await?;
            for row in &rows {
                report.note_conversation(row);
            }
            (rows.last().map(|row| row.identity.id), rows.len() as u64)
        }
        Step::Messages => {
            let rows = original.messages(after, PAGE).await?;
            for row in &rows {
                report.open_words(keys, row);
            }
            (rows.last().map(|row| row.id), rows.len() as u64)
        }
    })
}

impl Report {
    pub(super) fn note_account(&mut self, platforms: &Registry, row: &hub_store::OriginalAccount) {
        self.foreign += u64::from(platforms.published(&row.identity.platform).is_empty());
    }

    pub(super) fn note_conversation(&mut self, row: &hub_store::OriginalConversation) {
        self.phantoms += u64::from(row.identity.remote_id.is_empty());
    }
}
