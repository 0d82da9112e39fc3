//! The authorize page.

use std::fmt::Write as _;

/// What the authorize page does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// It asks.
    #[default]
    Ask,
    /// It accepts at once.
    Accept,
    /// It refuses at once.
    Refuse,
}

fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body>\
         <h1>{title}</h1>{body}</body></html>",
        title = plain(title)
    )
}

/// A page that says what is wrong.
pub(super) fn problem(words: &str) -> String {
    let body = format!("<p id=\"problem\">{}</p>", plain(words));
    document("Something went wrong", &body)
}

/// The page that asks; the address keeps what the app asked for.
pub(super) fn consent(app: &str, people: &[(String, String)], scopes: &[String]) -> String {
    let mut form = String::from("<form method=\"post\"><fieldset><legend>Continue as</legend>");
    for (place, (id, name)) in people.iter().enumerate() {
        let checked = if place == 0 { " checked" } else { "" };
        let (id, name) = (plain(id), plain(name));
        let _ = write!(form, "<label><input type=\"radio\" name=\"user\" value=\"{id}\"{checked}> {name}</label>");
    }
    form.push_str("</fieldset><ul>");
    for scope in scopes {
        let _ = write!(form, "<li>{}</li>", plain(scope));
    }
    form.push_str(
        "</ul><button name=\"decision\" value=\"accept\">Accept</button> \
         <button name=\"decision\" value=\"refuse\">Refuse</button></form>",
    );
    document(&format!("{app} wants to access your account"), &form)
}
