//! Opening what an original sealed, and sealing it anew.

use super::{Finding, Report, Step, Why};
use crate::accounts::grants;
use crate::inbox::seal as words;
use crate::sealing::{Opened, Sealer};
use hub_platform_kit::{Registry, Secret};
use hub_store::{ImportedAccount, ImportedMessage, OriginalAccount, OriginalMessage};
use uuid::Uuid;

/// The keys under which an original wrote.
#[derive(Debug)]
pub struct OriginalKeys(Sealer);

impl OriginalKeys {
    /// `original` is the original's own key, if it is not among the hub's; the originals' default key is always tried.
    pub fn new(original: Option<&Secret>, ring: &[Secret]) -> Result<Self, String> {
        let keys: Vec<Secret> = original.into_iter().chain(ring).cloned().collect();
        Sealer::new(&keys, false).map(Self)
    }

    /// Opens a value.
    pub(super) fn open(&self, value: &str) -> Found {
        // No seal is looked at, so the place does not matter.
        match self.0.open_text(words::field(Uuid::nil().into()), value, None) {
            Opened::Text(text) | Opened::Legacy(text) => Found::Sealed(text),
            Opened::Clear(_) if crate::sealing::has_later_form(value) => Found::Doubtful,
            Opened::Clear(text) => Found::Clear(text),
            Opened::Broken => Found::Broken,
        }
    }

    /// The words of a message, as far as they can be told.
    pub(super) fn words(&self, content: &str) -> Option<String> {
        match self.open(content) {
            Found::Sealed(text) | Found::Clear(text) => Some(text),
            Found::Doubtful | Found::Broken => None,
        }
    }
}

/// What a stored value turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Sealed(String),
    Clear(String),
    Doubtful,
    Broken,
}

/// What a stored token turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// It was sealed, and opens.
    Sealed(String),
    /// It was in clear text, and its adapter takes that.
    Clear(String),
    /// It stays as it is.
    Useless(Why),
    /// It stays as it is, and is nobody's trouble.
    Nothing,
}

impl Token {
    /// The token, if it can be used.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::Sealed(text) | Self::Clear(text) => Some(text),
            Self::Useless(_) | Self::Nothing => None,
        }
    }
}

/// Tells what a stored token is.
pub(super) fn token_of((keys, platforms): (&OriginalKeys, &Registry), row: &OriginalAccount, value: &str) -> Token {
    if value.is_empty() {
        return Token::Nothing;
    }
    let mut adapters = platforms.published(&row.identity.platform).into_iter();
    // Rows of platforms nobody serves are kept as they are, and are nobody's trouble.
    let known = adapters.len() > 0;
    let clear_is_fine = adapters.any(|handle| handle.card().reads_clear_tokens);
    match keys.open(value) {
        Found::Sealed(text) => Token::Sealed(text),
        Found::Clear(text) if clear_is_fine => Token::Clear(text),
        // A session string of an original is a long base64 text, too.
        Found::Doubtful if platforms.kind_of_token(&row.identity.platform, value).is_some() => {
            Token::Clear(value.to_owned())
        }
        Found::Clear(_) if known => Token::Useless(Why::ClearToken),
        Found::Clear(_) => Token::Nothing,
        Found::Doubtful => Token::Useless(Why::Doubtful),
        Found::Broken => Token::Useless(Why::NoKey),
    }
}

impl Report {
    fn keep(&mut self, step: Step, column: &'static str, row: Uuid, why: Why) {
        self.kept.add(Finding { step, column, row, why });
    }

    /// Counts a message's words and gives them; `None` = they stay as they are.
    pub(super) fn open_words(&mut self, keys: &OriginalKeys, row: &OriginalMessage) -> Option<String> {
        match keys.open(&row.content) {
            Found::Sealed(text) => {
                self.sealed += 1;
                return Some(text);
            }
            Found::Clear(text) => {
                self.clear += 1;
                return Some(text);
            }
            Found::Doubtful => self.keep(Step::Messages, "content", row.id, Why::Doubtful),
            Found::Broken => self.keep(Step::Messages, "content", row.id, Why::NoKey),
        }
        None
    }

    /// Counts a token and gives it; `None` = it stays as it is.
    pub(super) fn open_token(
        &mut self,
        from: (&OriginalKeys, &Registry),
        row: &OriginalAccount,
        (column, value): (&'static str, &str),
    ) -> Option<String> {
        match token_of(from, row, value) {
            Token::Sealed(text) => {
                self.sealed += 1;
                Some(text)
            }
            Token::Clear(text) => {
                self.clear += 1;
                Some(text)
            }
            Token::Useless(why) => {
                self.keep(Step::Accounts, column, row.identity.id, why);
                None
            }
            Token::Nothing => None,
        }
    }

    /// An account as it shall be stored.
    pub(super) fn account(
        &mut self,
        sealer: &Sealer,
        from: (&OriginalKeys, &Registry),
        mut row: OriginalAccount,
    ) -> ImportedAccount {
        let id = row.identity.id.into();
        let access = self.open_token(from, &row, ("access_token", &row.access_token));
        let refresh = row.refresh_token.as_deref().and_then(|t| self.open_token(from, &row, ("refresh_token", t)));
        let kind = access.as_deref().and_then(|token| from.1.kind_of_token(&row.identity.platform, token));
        let mut seals = (None, None);
        if let Some(token) = access {
            let sealed = sealer.seal_text(grants::field("access_token", id), &token);
            (row.access_token, seals.0) = (sealed.value, sealed.seal);
        }
        if let Some(token) = refresh {
            let sealed = sealer.seal_text(grants::field("refresh_token", id), &token);
            (row.refresh_token, seals.1) = (Some(sealed.value), sealed.seal);
        }
        ImportedAccount { row, seals, kind: kind.map(|(kind, method)| (kind.to_owned(), method.to_owned())) }
    }

    /// A message as it shall be stored.
    pub(super) fn message(
        &mut self,
        sealer: &Sealer,
        keys: &OriginalKeys,
        mut row: OriginalMessage,
        conversation: Uuid,
    ) -> ImportedMessage {
        let mut seal = None;
        if let Some(text) = self.open_words(keys, &row) {
            let sealed = sealer.seal_text(words::field(row.id.into()), &text);
            (row.content, seal) = (sealed.value, sealed.seal);
        }
        ImportedMessage { row, seal, conversation }
    }
}
