//! Looking without touching: how much there is, and what will not open.

use super::pages::{Page, walk};
use super::{Doing, Original, OriginalKeys, Progress, Report, Step, StepCount, Tell};
use crate::Result;
use hub_platform_kit::Registry;

/// Reads everything once and changes nothing, here or there.
pub async fn examine(original: &Original, keys: &OriginalKeys, platforms: &Registry, tell: Tell<'_>) -> Result<Report> {
    let counts = original.counts().await?;
    let mut report = Report::default();
    for step in Step::ALL {
        let (total, mut done) = (step.total(&counts), 0_u64);
        walk(original, step, None, async |page| {
            done += page.len();
            report.look_at(keys, platforms, &page);
            tell(Progress { doing: Doing::Examining, step, done, total });
            Ok(())
        })
        .await?;
        report.steps.push(StepCount { step, total, read: done, new: 0 });
    }
    Ok(report)
}

impl Report {
    fn look_at(&mut self, keys: &OriginalKeys, platforms: &Registry, page: &Page) {
        match page {
            Page::Users(_) | Page::RefreshTokens(_) | Page::Usage(_) => {}
            Page::Accounts(rows) => {
                for row in rows {
                    self.note_account(platforms, row);
                    self.open_token((keys, platforms), row, ("access_token", &row.access_token));
                    if let Some(token) = &row.refresh_token {
                        self.open_token((keys, platforms), row, ("refresh_token", token));
                    }
                }
            }
            Page::Conversations(rows) => rows.iter().for_each(|row| self.note_conversation(row)),
            Page::Messages(rows) => {
                for row in rows {
                    self.open_words(keys, row);
                }
            }
        }
    }

    pub(super) fn note_account(&mut self, platforms: &Registry, row: &hub_store::OriginalAccount) {
        self.foreign += u64::from(platforms.published(&row.identity.platform).is_empty());
    }

    pub(super) fn note_conversation(&mut self, row: &hub_store::OriginalConversation) {
        self.phantoms += u64::from(row.identity.remote_id.is_empty());
    }
}
