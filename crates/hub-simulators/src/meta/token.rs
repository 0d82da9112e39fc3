//! Tokens and codes.

/// What a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The app itself.
    App,
    /// A person.
    User,
    /// A Page, by the person it was made for.
    Page,
    /// A business: system users and Embedded Signup.
    System,
    /// An Instagram professional account.
    Instagram,
}

impl TokenKind {
    /// As `debug_token` names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::App => "APP",
            Self::User | Self::Instagram => "USER",
            Self::Page => "PAGE",
            Self::System => "SYSTEM_USER",
        }
    }

    pub(super) fn prefix(self) -> &'static str {
        if self == Self::Instagram { "IGAA" } else { "EAAB" }
    }
}

/// A token.
#[derive(Clone, Debug)]
pub struct Token {
    /// The text that calls bring.
    pub value: String,
    /// What it stands for.
    pub kind: TokenKind,
    /// Its app.
    pub app_id: String,
    /// The person, or the Instagram account.
    pub user_id: String,
    /// The Page of a Page token.
    pub profile_id: Option<String>,
    /// Permissions.
    pub scopes: Vec<String>,
    /// What was granted: ids of Pages or business accounts.
    pub targets: Vec<String>,
    /// Unix seconds.
    pub issued_at: i64,
    /// Unix seconds; `None` = never.
    pub expires_at: Option<i64>,
    /// The subcode that it is refused with, once it is dead.
    pub dead: Option<i64>,
}

impl Token {
    /// Whether a permission was granted.
    pub fn allows(&self, scope: &str) -> bool {
        self.kind == TokenKind::App || self.scopes.iter().any(|granted| granted == scope)
    }
}

/// What a code stands for.
#[derive(Clone, Debug)]
pub(crate) struct CodeGrant {
    pub(crate) app_id: String,
    /// Must be repeated exactly; `None` = not compared.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) user_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) targets: Vec<String>,
    pub(crate) kind: TokenKind,
    /// Seconds until the code dies.
    pub(crate) code_life: i64,
    /// Seconds the token lives; `None` = no end, and none is told.
    pub(crate) token_life: Option<i64>,
}

/// A code that waits to be exchanged.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) grant: CodeGrant,
    /// Unix seconds.
    pub(crate) expires_at: i64,
    pub(crate) used: bool,
}
