//! Apps as the developer portal shows them, members, organisations and roles.

/// Scopes of the products that any app gets.
const OPEN: [&str; 4] = ["openid", "profile", "email", "w_member_social"];
/// Scopes of the community management product.
const COMMUNITY: [&str; 7] = [
    "r_organization_admin",
    "rw_organization_admin",
    "r_organization_social",
    "w_organization_social",
    "r_organization_social_feed",
    "w_organization_social_feed",
    "r_basicprofile",
];
/// The scope of the data portability product.
pub(super) const PORTABILITY: [&str; 2] = ["r_dma_portability_3rd_party", "r_dma_portability_self_serve"];

/// An app.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "switches, as the portal has them")]
pub struct App {
    /// Client id.
    pub client_id: String,
    /// Client secret; signs notifications and answers challenges too.
    pub client_secret: String,
    /// The number in `urn:li:developerApplication:…`.
    pub id: String,
    /// Name on the consent page.
    pub name: String,
    /// Where the dialog may lead back to; empty = anywhere.
    pub redirect_urls: Vec<String>,
    /// Scopes it may ask for.
    pub scopes: Vec<String>,
    /// Whether it gets refresh tokens, as approved partners do.
    pub refresh_tokens: bool,
    /// Whether it may send private messages, as approved partners may.
    pub messages: bool,
    /// Whether it is in the development tier: no webhooks, few calls.
    pub development: bool,
    /// Whether it is registered under another: challenges name it.
    pub child: bool,
}

impl App {
    /// An app of the community management product, out of the development tier, without what only partners have.
    pub fn new(client_id: &str, client_secret: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            id: "123456".to_owned(),
            name: format!("App {client_id}"),
            redirect_urls: Vec::new(),
            scopes: OPEN.iter().chain(&COMMUNITY).map(|scope| (*scope).to_owned()).collect(),
            refresh_tokens: false,
            messages: false,
            development: false,
            child: false,
        }
    }

    /// The same with the data portability product, which an app has alone: other products exclude it.
    #[must_use]
    pub fn with_portability(mut self) -> Self {
        self.scopes.extend(PORTABILITY.iter().map(|scope| (*scope).to_owned()));
        self
    }

    /// Its URN.
    pub fn urn(&self) -> String {
        format!("urn:li:developerApplication:{}", self.id)
    }
}

/// Somebody who can log in, comment and write messages.
#[derive(Clone, Debug)]
pub struct Member {
    /// The last part of `urn:li:person:…`, also `sub`.
    pub id: String,
    /// First name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Mail address; `None` = not told.
    pub email: Option<String>,
    /// Address of a picture; `None` = none. [`Member::new`] leaves it to the simulator's own.
    pub picture: Option<String>,
    /// The last part of the public profile's address.
    pub vanity_name: String,
    /// Country and language.
    pub locale: (String, String),
    /// Whether the law on data portability covers them: they live in the EEA or in Switzerland.
    pub eea: bool,
}

impl Member {
    /// Somebody with a name, in the EEA.
    pub fn new(id: &str, given_name: &str, family_name: &str) -> Self {
        Self {
            id: id.to_owned(),
            given_name: given_name.to_owned(),
            family_name: family_name.to_owned(),
            email: None,
            picture: Some(String::new()),
            vanity_name: format!("{given_name}-{family_name}").to_lowercase().replace(' ', "-"),
            locale: ("US".to_owned(), "en".to_owned()),
            eea: true,
        }
    }

    /// Their whole name.
    pub fn name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }
}

/// An organisation with a page.
#[derive(Clone, Debug)]
pub struct Organization {
    /// The number in `urn:li:organization:…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The last part of its page's address.
    pub vanity_name: String,
}

impl Organization {
    /// An organisation.
    pub fn new(id: &str, name: &str) -> Self {
        let vanity_name = name.to_lowercase().replace(' ', "-");
        Self { id: id.to_owned(), name: name.to_owned(), vanity_name }
    }
}

/// What a member is on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The member's id.
    pub member: String,
    /// The organisation's id.
    pub organization: String,
    /// `ADMINISTRATOR`, `ANALYST`, `CONTENT_ADMINISTRATOR`, …
    pub role: String,
    /// `APPROVED`, `REQUESTED`, `REVOKED`, …
    pub state: String,
}
