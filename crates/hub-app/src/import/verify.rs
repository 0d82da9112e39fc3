//! Comparing the copy with what it was copied from, row by row: everything with an owner is here, and says the same.

use super::{Doing, Finding, Original, OriginalCounts, OriginalKeys, PAGE, Progress, Report, Step, Tell, Why};
use crate::inbox::seal as words;
use crate::sealing::Opened;
use crate::{App, Result};
use hub_store::{ImportedWords, OriginalMessage};
use std::collections::HashMap;
use uuid::Uuid;

/// Compares everything.
pub(super) async fn compare(
    app: &App,
    original: &Original,
    keys: &OriginalKeys,
    counts: &OriginalCounts,
    report: &mut Report,
    tell: Tell<'_>,
) -> Result<()> {
    for step in Step::ALL {
        let (mut after, mut done) = (None, 0_u64);
        loop {
            let (last, read) = page(app, original, keys, step, after, report).await?;
            done += read;
            tell(Progress { doing: Doing::Comparing, step, done, total: step.total(counts) });
            if read < u64::from(PAGE) {
                break;
            }
            after = last;
        }
        report.compared += done;
    }
    Ok(())
}

async fn page(
    app: &App,
    original: &Original,
    keys: &OriginalKeys,
    step: Step,
    after: Option<Uuid>,
    report: &mut Report,
) -> Result<(Option<Uuid>, u64)> {
    let session = app.store().read();
    let target = session.imports();
    let mut missing = |row, here: bool| {
        if !here {
            report.wrong.add(Finding { step, column: "", row, why: Why::Missing });
        }
    };
    Ok(match step {
        Step::Users => {
            let ids: Vec<Uuid> = original.users(after, PAGE).await?.iter().map(|row| row.id).collect();
            let here = target.present_users(&ids).await?;
            for id in &ids {
                missing(*id, here.contains(id));
            }
            (ids.last().copied(), ids.len() as u64)
        }
        Step::Accounts => {
            let rows = original.accounts(after, PAGE).await?;
            let here = target.find_accounts(&rows.iter().map(|row| &row.identity).collect::<Vec<_>>()).await?;
            for row in &rows {
                missing(row.identity.id, here.contains_key(&row.identity.id));
            }
            (rows.last().map(|row| row.identity.id), rows.len() as u64)
        }
        Step::RefreshTokens => {
            let rows = original.refresh_tokens(after, PAGE).await?;
            let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
            let here = target.present_refresh_tokens(&ids).await?;
            // The hub deletes what is over.
            let now = app.now();
            for row in &rows {
                missing(row.id, row.expires_at <= now || here.contains(&row.id));
            }
            (ids.last().copied(), ids.len() as u64)
        }
        Step::Conversations => {
            let rows = original.conversations(after, PAGE).await?;
            let here = target.find_conversations(&rows.iter().map(|row| &row.identity).collect::<Vec<_>>()).await?;
            for row in &rows {
                missing(row.identity.id, here.contains_key(&row.identity.id));
            }
            (rows.last().map(|row| row.identity.id), rows.len() as u64)
        }
        Step::Messages => {
            let rows = original.messages(after, PAGE).await?;
            let here = target.words(&rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
            for row in &rows {
                if let Some(why) = judge(app, keys, row, &here).await? {
                    report.wrong.add(Finding { step, column: "content", row: row.id, why });
                }
            }
            (rows.last().map(|row| row.id), rows.len() as u64)
        }
    })
}

/// What is wrong with the copy of a message, if anything.
async fn judge(
    app: &App,
    keys: &OriginalKeys,
    row: &OriginalMessage,
    here: &HashMap<Uuid, ImportedWords>,
) -> Result<Option<Why>> {
    let Some(copy) = here.get(&row.id) else {
        let session = app.store().read();
        let found = session.imports().find_conversations(&[&row.conversation]).await?;
        let elsewhere = match found.get(&row.conversation.id) {
            Some(conversation) => session.imports().has_message(*conversation, &row.remote_id).await?,
            None => false,
        };
        return Ok((!elsewhere).then_some(Why::Missing));
    };
    let same = match keys.words(&row.content) {
        Some(text) => {
            app.sealer().open_text(words::field(row.id.into()), &copy.content, copy.seal.as_deref())
                == Opened::Text(text)
        }
        None => copy.content == row.content,
    };
    Ok((!same || copy.sent_at != row.sent_at).then_some(Why::Differs))
}
