//! Leaving tokens as an original can go on with them.

use super::Opened;
use super::reseal::{PAGE, ResealReport};
use crate::accounts::grants;
use crate::{App, Result};
use hub_store::{Resealed, SealedRow, SealedTable};

/// No seal begins like this: every account is looked at.
const NO_SEAL: (&str, &str) = ("-", "-");

/// Takes the seals of tokens away, because an original writes tokens without them, and a seal beside a token it did not make
/// would look like a swap. Sessions of persons that an original made lie in clear text again: it reads no others.
pub(super) async fn leave_to_originals(app: &App, report: &mut ResealReport) -> Result<()> {
    let table = SealedTable::Accounts;
    let mut after = None;
    loop {
        let rows = app.store().read().seals().page(table, NO_SEAL, after, PAGE).await?;
        after = rows.last().map(|row| row.id);
        let full = rows.len() as u64 == u64::from(PAGE);
        let mut changed = Vec::new();
        for before in rows {
            if let Some(token) = session_of_an_original(app, &before).await? {
                let after = SealedRow { first: (token, None), ..before.clone() };
                changed.push(Resealed { before, after });
            }
        }
        let tx = app.store().begin().await?;
        report.opened += tx.seals().replace(table, &changed).await?;
        app.commit(tx, Vec::new()).await?;
        if !full {
            break;
        }
    }
    let tx = app.store().begin().await?;
    report.removed = tx.seals().remove_of_tokens().await?;
    app.commit(tx, Vec::new()).await
}

/// The token in clear text, if it is sealed and of the kind that an original keeps clear.
async fn session_of_an_original(app: &App, row: &SealedRow) -> Result<Option<String>> {
    let id = row.id.into();
    let Some(account) = app.store().read().accounts().get(id).await? else { return Ok(None) };
    let opened = app.sealer().open_text(grants::field("access_token", id), &row.first.0, row.first.1.as_deref());
    let (Opened::Text(token) | Opened::Legacy(token)) = opened else { return Ok(None) };
    Ok(app.platforms().kind_of_token(&account.platform_name, &token).is_some().then_some(token))
}
