//! Apps, and the people who log in to them.

/// An app as its dashboard shows it.
#[derive(Clone, Debug)]
pub struct App {
    /// App id; with Instagram Login the Instagram app id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// Name on the consent page.
    pub name: String,
    /// Whether every call must bring `appsecret_proof`.
    pub require_proof: bool,
    /// Where the dialog may lead back to; empty = anywhere.
    pub redirect_uris: Vec<String>,
    /// Signs webhooks in place of the app's secret.
    pub webhook_secret: Option<String>,
    /// Called with a `signed_request` when a person removes the app.
    pub deauthorize_url: Option<String>,
    /// Called with a `signed_request` when a person wants their data deleted.
    pub data_deletion_url: Option<String>,
}

impl App {
    /// An app with everything else as the dashboard has it at first.
    pub fn new(id: &str, secret: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
            name: format!("App {id}"),
            require_proof: false,
            redirect_uris: Vec::new(),
            webhook_secret: None,
            deauthorize_url: None,
            data_deletion_url: None,
        }
    }

    /// The token that stands for the app itself.
    pub fn token(&self) -> String {
        format!("{}|{}", self.id, self.secret)
    }
}

/// Somebody who logs in.
#[derive(Clone, Debug)]
pub struct User {
    /// Their id; with Instagram Login the professional account's.
    pub id: String,
    /// Their name.
    pub name: String,
    /// What they can grant access to.
    pub assets: Vec<Asset>,
}

/// Something that can be granted: a Page, a WhatsApp business account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What the login dialog does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialogMode {
    /// Shows a page with buttons.
    #[default]
    Ask,
    /// Leads back at once, with everything granted.
    Accept,
    /// Leads back at once, refused.
    Refuse,
}

impl DialogMode {
    /// By name, as the control API takes it.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ask" => Self::Ask,
            "accept" => Self::Accept,
            "refuse" => Self::Refuse,
            _ => return None,
        })
    }
}
