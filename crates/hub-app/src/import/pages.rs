//! Going through an original, page by page: while one page is worked on, the next is being read.

use super::{Original, PAGE, Step};
use crate::Result;
use hub_store::{OriginalAccount, OriginalConversation, OriginalMessage, OriginalToken, OriginalUsage, OriginalUser};
use uuid::Uuid;

/// Rows of one kind, in the order of their ids.
#[derive(Debug)]
pub(super) enum Page {
    Users(Vec<OriginalUser>),
    Accounts(Vec<OriginalAccount>),
    RefreshTokens(Vec<OriginalToken>),
    Conversations(Vec<OriginalConversation>),
    Messages(Vec<OriginalMessage>),
    Usage(Vec<OriginalUsage>),
}

impl Page {
    async fn read(original: &Original, step: Step, after: Option<Uuid>) -> Result<Self> {
        Ok(match step {
            Step::Users => Self::Users(original.users(after, PAGE).await?),
            Step::Accounts => Self::Accounts(original.accounts(after, PAGE).await?),
            Step::RefreshTokens => Self::RefreshTokens(original.refresh_tokens(after, PAGE).await?),
            Step::Conversations => Self::Conversations(original.conversations(after, PAGE).await?),
            Step::Messages => Self::Messages(original.messages(after, PAGE).await?),
            Step::Usage => Self::Usage(original.usage(after, PAGE).await?),
        })
    }

    /// How many rows it has.
    pub(super) fn len(&self) -> u64 {
        let rows = match self {
            Self::Users(rows) => rows.len(),
            Self::Accounts(rows) => rows.len(),
            Self::RefreshTokens(rows) => rows.len(),
            Self::Conversations(rows) => rows.len(),
            Self::Messages(rows) => rows.len(),
            Self::Usage(rows) => rows.len(),
        };
        rows as u64
    }

    /// The last row's id.
    pub(super) fn last(&self) -> Option<Uuid> {
        match self {
            Self::Users(rows) => rows.last().map(|row| row.id),
            Self::Accounts(rows) => rows.last().map(|row| row.identity.id),
            Self::RefreshTokens(rows) => rows.last().map(|row| row.id),
            Self::Conversations(rows) => rows.last().map(|row| row.identity.id),
            Self::Messages(rows) => rows.last().map(|row| row.id),
            Self::Usage(rows) => rows.last().map(|row| row.id),
        }
    }
}

/// Gives every page of a kind to `each`, in order, beginning behind `after`.
pub(super) async fn walk(
    original: &Original,
    step: Step,
    after: Option<Uuid>,
    mut each: impl AsyncFnMut(Page) -> Result<()>,
) -> Result<()> {
    let mut page = Page::read(original, step, after).await?;
    while page.len() == u64::from(PAGE) {
        let last = page.last();
        let (done, next) = tokio::join!(each(page), Page::read(original, step, last));
        done?;
        page = next?;
    }
    each(page).await
}
