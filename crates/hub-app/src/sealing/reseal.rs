//! Sealing everything anew under the newest key, while the hub works: page by page, each value only replaced while it is still
//! what was read. What is sealed newly is passed over, so that a run that was cut off goes on where it stood.

use super::for_originals::leave_to_originals;
use super::{Field, Opened, Sealer, has_later_form};
use crate::accounts::{grants, subscribe_webhook};
use crate::inbox::seal as words;
use crate::{App, Result};
use hub_platform_kit::Registry;
use hub_store::{Resealed, SealedRow, SealedTable};
use std::collections::HashMap;
use uuid::Uuid;

/// Rows sealed in one transaction.
pub(super) const PAGE: u32 = 500;
/// Rows that are named; the rest is counted.
const MAX_NAMED: usize = 1_000;
/// All tables with sealed values that stay: deliveries, jobs and attempts to link are over soon and are left alone.
const TABLES: [SealedTable; 3] = [SealedTable::Accounts, SealedTable::Subscriptions, SealedTable::Messages];

/// How far it has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResealProgress {
    /// Which rows.
    pub table: SealedTable,
    /// Rows that were looked at because they were not sealed with the newest key.
    pub looked_at: u64,
    /// Rows of the table.
    pub total: i64,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResealReport {
    /// Rows sealed anew.
    pub sealed: u64,
    /// Rows that somebody changed meanwhile: what they wrote is sealed with the newest key already.
    pub overtaken: u64,
    /// Rows with a value that no key opens, or that cannot be told from one; it was left as it is. The first thousand.
    pub left: Vec<(SealedTable, Uuid)>,
    /// All of them.
    pub left_total: u64,
    /// Accounts whose seals were taken away for an original.
    pub removed: u64,
    /// Sessions of persons that lie in clear text again, for an original.
    pub opened: u64,
}

/// Seals everything with the newest key. `for_originals` then leaves the tokens as an original can go on with them.
pub async fn reseal(
    app: &App,
    for_originals: bool,
    tell: &mut (dyn FnMut(ResealProgress) + Send),
) -> Result<ResealReport> {
    let mut report = ResealReport::default();
    let (seal, wrap) = (app.sealer().newest_seal(), app.sealer().newest_wrap());
    for table in TABLES {
        let total = app.store().read().seals().count(table).await?;
        let (mut after, mut looked_at) = (None, 0_u64);
        loop {
            let rows = app.store().read().seals().page(table, (&seal, &wrap), after, PAGE).await?;
            after = rows.last().map(|row| row.id);
            let full = rows.len() as u64 == u64::from(PAGE);
            looked_at += rows.len() as u64;
            page(app, table, rows, &mut report).await?;
            tell(ResealProgress { table, looked_at, total });
            if !full {
                break;
            }
        }
    }
    if for_originals {
        leave_to_originals(app, &mut report).await?;
    }
    Ok(report)
}

async fn page(app: &App, table: SealedTable, rows: Vec<SealedRow>, report: &mut ResealReport) -> Result<()> {
    let mut names = HashMap::new();
    if table == SealedTable::Accounts {
        for row in &rows {
            let account = app.store().read().accounts().get(row.id.into()).await?;
            names.insert(row.id, account.map(|account| account.platform_name).unwrap_or_default());
        }
    }
    let mut changed = Vec::new();
    for before in rows {
        let name = names.get(&before.id).map(String::as_str).unwrap_or_default();
        let mut anew = Anew { sealer: app.sealer(), left: false };
        let after = match table {
            SealedTable::Messages => anew.message(&before),
            SealedTable::Accounts if app.platforms().published(name).is_empty() => anew.unserved_account(&before),
            SealedTable::Accounts => anew.account(&before, app.platforms(), name),
            SealedTable::Subscriptions => anew.subscription(&before),
        };
        if anew.left {
            report.left_total += 1;
            if report.left.len() < MAX_NAMED {
                report.left.push((table, before.id));
            }
        }
        if after != before {
            changed.push(Resealed { before, after });
        }
    }
    let tx = app.store().begin().await?;
    let replaced = tx.seals().replace(table, &changed).await?;
    app.commit(tx, Vec::new()).await?;
    report.sealed += replaced;
    report.overtaken += (changed.len() as u64).saturating_sub(replaced);
    Ok(())
}

/// Seals the values of one row anew.
struct Anew<'a> {
    sealer: &'a Sealer,
    /// A value was left as it is.
    left: bool,
}

impl Anew<'_> {
    fn text(&mut self, field: Field<'_>, value: &str, seal: Option<&str>, clear: bool) -> Option<super::Sealed> {
        if value.is_empty() || self.sealer.is_newest(seal) {
            return None;
        }
        match self.sealer.open_text(field, value, seal) {
            Opened::Text(text) | Opened::Legacy(text) => return Some(self.sealer.seal_text(field, &text)),
            Opened::Clear(text) if clear => return Some(self.sealer.seal_text(field, &text)),
            Opened::Clear(_) | Opened::Broken => self.left = true,
        }
        None
    }

    fn wrapped(&mut self, context: &str, value: &str) -> Option<String> {
        if value.starts_with(&self.sealer.newest_wrap()) {
            return None;
        }
        let opened = self.sealer.unwrap(context, value);
        self.left |= opened.is_none();
        opened.map(|bytes| self.sealer.wrap(context, &bytes))
    }

    fn message(&mut self, row: &SealedRow) -> SealedRow {
        let mut after = row.clone();
        let id = row.id.into();
        let clear = !has_later_form(&row.first.0);
        if let Some(sealed) = self.text(words::field(id), &row.first.0, row.first.1.as_deref(), clear) {
            after.first = (sealed.value, sealed.seal);
        }
        if let Some(anew) = row.wrapped.as_deref().and_then(|old| self.wrapped(&words::details_context(id), old)) {
            after.wrapped = Some(anew);
        }
        after
    }

    fn account(&mut self, row: &SealedRow, platforms: &Registry, name: &str) -> SealedRow {
        let mut after = row.clone();
        let id = row.id.into();
        let clear = |token: &str| {
            let fine = platforms.published(name).iter().any(|handle| handle.card().reads_clear_tokens);
            fine && (!has_later_form(token) || platforms.kind_of_token(name, token).is_some())
        };
        let (token, seal) = (&row.first.0, row.first.1.as_deref());
        if let Some(sealed) = self.text(grants::field("access_token", id), token, seal, clear(token)) {
            after.first = (sealed.value, sealed.seal);
        }
        if let (Some(token), seal) = (&row.second.0, row.second.1.as_deref())
            && let Some(sealed) = self.text(grants::field("refresh_token", id), token, seal, clear(token))
        {
            after.second = (Some(sealed.value), sealed.seal);
        }
        after
    }

    /// Of a platform nobody serves: what opens is sealed, what does not is nobody's trouble.
    fn unserved_account(&mut self, row: &SealedRow) -> SealedRow {
        let after = self.account(row, &Registry::default(), "");
        self.left = false;
        after
    }

    fn subscription(&mut self, row: &SealedRow) -> SealedRow {
        let mut after = row.clone();
        if let Some(anew) = self.wrapped(&subscribe_webhook::secret_context(row.id), &row.first.0) {
            after.first.0 = anew;
        }
        let memory = row.wrapped.as_deref();
        if let Some(anew) = memory.and_then(|old| self.wrapped(&subscribe_webhook::memory_context(row.id), old)) {
            after.wrapped = Some(anew);
        }
        after
    }
}
