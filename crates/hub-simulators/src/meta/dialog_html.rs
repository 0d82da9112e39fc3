//! The pages of the login dialogs.

use super::{Login, User};
use std::fmt::Write as _;

/// What an app asks a person for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) client_id: String,
    pub(super) app_name: String,
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) scopes: Vec<String>,
    /// A business signs up.
    pub(super) sign_up: bool,
}

fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>body{{font:16px \
         sans-serif;max-width:34rem;margin:3rem auto}}label{{display:block;margin:.3rem 0}}</style></head><body>\
         <h1>{title}</h1>{body}</body></html>",
        title = plain(title)
    )
}

/// A page that says what is wrong.
pub(super) fn problem(words: &str) -> String {
    document("Something went wrong", &format!("<p id=\"problem\">{}</p>", plain(words)))
}

/// The page that asks: who logs in, what is granted, and two buttons.
pub(super) fn consent(ask: &Ask, users: &[User], login: Login) -> String {
    let mut form = String::from("<form method=\"post\">");
    for (name, value) in [
        ("client_id", ask.client_id.as_str()),
        ("redirect_uri", &ask.redirect_uri),
        ("state", &ask.state),
        ("scope", &ask.scopes.join(",")),
    ] {
        let _ = write!(form, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", plain(value));
    }
    form.push_str("<fieldset><legend>Continue as</legend>");
    for (place, user) in users.iter().enumerate() {
        let checked = if place == 0 { " checked" } else { "" };
        let (id, name) = (plain(&user.id), plain(&user.name));
        let _ = write!(form, "<label><input type=\"radio\" name=\"user\" value=\"{id}\"{checked}> {name}</label>");
    }
    form.push_str("</fieldset>");
    if login == Login::Facebook {
        form.push_str("<fieldset><legend>Choose what the app may use</legend>");
        let mut shown: Vec<&str> = Vec::new();
        for asset in users.iter().flat_map(|user| &user.assets) {
            if !shown.contains(&asset.id.as_str()) {
                shown.push(&asset.id);
                checkbox(&mut form, "asset", &asset.id, &asset.name);
            }
        }
        form.push_str("</fieldset>");
    }
    form.push_str("<fieldset><legend>Permissions</legend>");
    for scope in &ask.scopes {
        checkbox(&mut form, "granted_scope", scope, scope);
    }
    form.push_str(
        "</fieldset><button name=\"decision\" value=\"accept\">Accept</button> \
         <button name=\"decision\" value=\"refuse\">Refuse</button></form>",
    );
    document(&format!("{} asks for access", ask.app_name), &form)
}

fn checkbox(form: &mut String, name: &str, value: &str, label: &str) {
    let (value, label) = (plain(value), plain(label));
    let _ = write!(form, "<label><input type=\"checkbox\" name=\"{name}\" value=\"{value}\" checked> {label}</label>");
}
