//! The pages of the login.

use super::app::Member;
use std::fmt::Write as _;

/// What an app asks a member for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) client_id: String,
    pub(super) app_name: String,
    pub(super) redirect_url: String,
    pub(super) state: String,
    pub(super) scopes: Vec<String>,
    /// A scope that the app does not own.
    pub(super) foreign: Option<String>,
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

/// The page that asks: who signs in, what is asked for as a whole, and the buttons.
pub(super) fn consent(ask: &Ask, members: &[Member]) -> String {
    let mut form = String::from("<form method=\"post\">");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", ask.client_id.as_str()),
        ("redirect_uri", &ask.redirect_url),
        ("state", &ask.state),
        ("scope", &ask.scopes.join(" ")),
    ] {
        let _ = write!(form, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", plain(value));
    }
    form.push_str("<fieldset><legend>Sign in as</legend>");
    for (place, member) in members.iter().enumerate() {
        let checked = if place == 0 { " checked" } else { "" };
        let (id, name) = (plain(&member.id), plain(&member.name()));
        let _ = write!(form, "<label><input type=\"radio\" name=\"user\" value=\"{id}\"{checked}> {name}</label>");
    }
    form.push_str("</fieldset><p>It would like to:</p><ul>");
    for scope in &ask.scopes {
        let _ = write!(form, "<li>{}</li>", plain(scope));
    }
    form.push_str(
        "</ul><button name=\"decision\" value=\"accept\">Accept</button> \
         <button name=\"decision\" value=\"refuse\">Refuse</button> \
         <button name=\"decision\" value=\"cancel_login\">Do not sign in</button></form>",
    );
    document(&format!("{} asks for access", ask.app_name), &form)
}
