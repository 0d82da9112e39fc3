//! The pages of the sign-in.

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
    /// Somebody signs in, but their administrator has not approved the app.
    AdminNeeded,
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

/// A page that says what is wrong; the person does not come back to the app.
pub(in crate::teams) fn problem(words: &str) -> String {
    document("Sign in", &format!("<p id=\"problem\">{}</p>", plain(words)))
}

/// Somebody to choose on the page.
pub(in crate::teams) struct Choice {
    pub(in crate::teams) id: String,
    pub(in crate::teams) name: String,
    pub(in crate::teams) login: String,
    pub(in crate::teams) hinted: bool,
}

/// The page that asks; the address keeps what the app asked for.
pub(in crate::teams) fn consent(app: &str, people: &[Choice], scopes: &[String]) -> String {
    let mut form = String::from("<form method=\"post\"><fieldset><legend>Pick an account</legend>");
    let chosen = people.iter().position(|choice| choice.hinted).unwrap_or(0);
    for (place, choice) in people.iter().enumerate() {
        let checked = if place == chosen { " checked" } else { "" };
        let (id, name, login) = (plain(&choice.id), plain(&choice.name), plain(&choice.login));
        let _ = write!(
            form,
            "<label><input type=\"radio\" name=\"user\" value=\"{id}\"{checked}> {name} ({login})</label>"
        );
    }
    form.push_str("</fieldset><p>This app would like to:</p><ul>");
    for scope in scopes {
        let _ = write!(form, "<li>{}</li>", plain(scope));
    }
    form.push_str(
        "</ul><button name=\"decision\" value=\"accept\">Accept</button> \
         <button name=\"decision\" value=\"refuse\">Cancel</button></form>",
    );
    document(&format!("Permissions requested by {app}"), &form)
}

/// A page that posts what is told to the app (`response_mode=form_post`).
pub(in crate::teams) fn form_post(target: &str, told: &[(&str, String)]) -> String {
    let mut form = format!("<form method=\"post\" action=\"{}\">", plain(target));
    for (name, value) in told {
        let _ = write!(form, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", plain(value));
    }
    form.push_str("<button>Continue</button></form><script>document.forms[0].submit()</script>");
    document("Working...", &form)
}
