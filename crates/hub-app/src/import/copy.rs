//! Copying page by page. Every page stands with a note of how far it got, so that an import that was cut off goes on there;
//! rows that are here already stay as they are, so that doing it twice does nothing twice.

use super::pages::{Page, walk};
use super::{
    Doing, Findings, Original, OriginalCounts, OriginalKeys, PAGE, Progress, Report, Step, StepCount, Tell, verify,
};
use crate::auth::tokens::hashed;
use crate::{App, AppError, Result};
use hub_store::{ImportPlace, OriginalUser, Tx};

/// Rows that stand or fall together. Every commit is synced, and writes every page of an index that it touched.
const TOGETHER: u64 = 10_000;
/// How hashed tokens begin.
const HASHED: &str = "sha256:";

/// Copies everything, counts what is unread, and compares. `source` names the original among all imports of this hub; at most
/// 64 characters.
pub async fn import(
    app: &App,
    original: &Original,
    keys: &OriginalKeys,
    source: &str,
    tell: Tell<'_>,
) -> Result<Report> {
    let counts = original.counts().await?;
    let begun = app.store().read().imports().place(source).await?;
    if begun.is_none() {
        refuse_wrong_key(original, keys).await?;
    }
    app.store().set_indexes_aside(begun.is_some()).await?;
    let mut report = Report { resumed: begun.is_some(), ..Report::default() };
    let copied = copy(app, (original, keys), (source, begun), &counts, &mut report, tell).await;
    app.store().restore_indexes().await?;
    copied?;
    app.store().repair_counters().await?;
    verify::compare(app, original, keys, &counts, &mut report, tell).await?;
    if report.wrong == Findings::default() {
        let tx = app.store().begin().await?;
        tx.imports().forget(source).await?;
        app.commit(tx, Vec::new()).await?;
    }
    Ok(report)
}

/// Copies what is not here yet, beginning where an import that was cut off stood.
async fn copy(
    app: &App,
    (original, keys): (&Original, &OriginalKeys),
    (source, begun): (&str, Option<ImportPlace>),
    counts: &OriginalCounts,
    report: &mut Report,
    tell: Tell<'_>,
) -> Result<()> {
    let first = begun.as_ref().and_then(|place| Step::of(&place.step)).unwrap_or(Step::Users);
    let mut place = begun.and_then(|place| place.after);
    for step in Step::ALL.into_iter().filter(|step| *step >= first) {
        let mut count = StepCount { step, total: step.total(counts), read: 0, new: 0 };
        let (mut open, mut waiting) = (None, 0_u64);
        walk(original, step, place.take(), async |page| {
            let (read, last) = (page.len(), page.last());
            let tx = match open.take() {
                Some(tx) => tx,
                None => app.store().begin().await?,
            };
            let new = store(app, &tx, keys, page, report).await?;
            (count.read, count.new, waiting) = (count.read + read, count.new + new, waiting + read);
            if waiting < TOGETHER && read == u64::from(PAGE) {
                open = Some(tx);
                return Ok(());
            }
            if last.is_some() {
                let place = ImportPlace { step: step.table().to_owned(), after: last };
                tx.imports().note(source, &place, app.now()).await?;
            }
            app.commit(tx, Vec::new()).await?;
            waiting = 0;
            tell(Progress { doing: Doing::Copying, step, done: count.read, total: count.total });
            Ok(())
        })
        .await?;
        report.steps.push(count);
    }
    Ok(())
}

/// Not one of the first messages opens: that is no damage, that is another key.
async fn refuse_wrong_key(original: &Original, keys: &OriginalKeys) -> Result<()> {
    let mut report = Report::default();
    for row in original.messages(None, PAGE).await? {
        report.open_words(keys, &row);
    }
    if report.sealed == 0 && report.kept.total > 0 {
        let words = "not one of the first encrypted messages opens: IMPORT_ENCRYPTION_KEY must be the ENCRYPTION_KEY \
                     of the original";
        return Err(AppError::Invalid(words.to_owned()));
    }
    Ok(())
}

/// Stores one page; gives how many rows were new.
async fn store(app: &App, tx: &Tx, keys: &OriginalKeys, page: Page, report: &mut Report) -> Result<u64> {
    let (now, target) = (app.now(), tx.imports());
    Ok(match page {
        Page::Users(rows) => {
            refuse_strangers(tx, &rows).await?;
            target.users(&rows, now).await?
        }
        Page::Accounts(rows) => {
            let mut new = 0;
            for row in rows {
                report.note_account(app.platforms(), &row);
                let account = report.account(app.sealer(), (keys, app.platforms()), row);
                new += u64::from(target.account(&account, now).await?);
            }
            new
        }
        Page::RefreshTokens(mut rows) => {
            for row in &mut rows {
                row.token = stored_token(&row.token);
            }
            target.refresh_tokens(&rows, now).await?
        }
        Page::Conversations(rows) => {
            let accounts: Vec<_> = rows.iter().map(|row| &row.identity.account).collect();
            let accounts = target.find_accounts(&accounts).await?;
            for row in &rows {
                report.note_conversation(row);
            }
            target.conversations(&rows, &accounts, now).await?
        }
        Page::Messages(rows) => {
            let wanted: Vec<_> = rows.iter().map(|row| &row.conversation).collect();
            let found = target.find_conversations(&wanted).await?;
            let messages: Vec<_> = rows
                .into_iter()
                .filter_map(|row| {
                    let conversation = *found.get(&row.conversation.id)?;
                    Some(report.message(app.sealer(), keys, row, conversation))
                })
                .collect();
            target.messages(&messages).await?
        }
        Page::Usage(rows) => {
            let accounts: Vec<_> = rows.iter().filter_map(|row| row.account.as_ref()).collect();
            let accounts = target.find_accounts(&accounts).await?;
            target.usage(&rows, &accounts, now).await?
        }
    })
}

/// A token as it is stored here: never in clear text.
pub(super) fn stored_token(token: &str) -> String {
    if token.starts_with(HASHED) { token.to_owned() } else { hashed(token) }
}

async fn refuse_strangers(tx: &Tx, rows: &[OriginalUser]) -> Result<()> {
    let strangers = tx.imports().strangers(rows).await?;
    let Some(stranger) = strangers.first() else { return Ok(()) };
    Err(AppError::Invalid(format!(
        "user {stranger} of the hub has the e-mail address of another user of the original; nobody has proven that they are \
         the same person. Import into an empty database, or change the address first"
    )))
}
