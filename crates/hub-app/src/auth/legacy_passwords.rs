//! Passwords the originals altered before hashing (crypto contract, section 3). Tried only after the real one failed, and
//! never applied to new passwords.

use hub_platform_kit::Secret;
use secrecy::ExposeSecret;

/// The forms under which an original may have hashed this password, besides the password itself. At most three.
pub(super) fn altered_forms(password: &Secret) -> Vec<Secret> {
    let password = password.expose_secret();
    let mut forms: Vec<String> = Vec::new();
    let trimmed = password.trim();
    if trimmed.len() != password.len() {
        forms.push(trimmed.to_owned());
    }
    if password.contains('<') {
        forms.push(without_html(password));
    }
    forms.retain(|form| form != password && !form.is_empty());
    forms.into_iter().map(Secret::from).collect()
}

/// What an HTML sanitiser leaves of a text: tags go, script and style go with their content, an unclosed `<x` swallows the
/// rest, and `&`, `<`, `>` in what stays are written as entities.
fn without_html(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        kept.push_str(&escaped(&rest[..at]));
        let inside = &rest[at + 1..];
        let starts_tag = inside.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        if !starts_tag {
            kept.push_str("&lt;");
            rest = inside;
            continue;
        }
        let Some(end) = inside.find('>') else { return kept };
        let name: String =
            inside.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        rest = &inside[end + 1..];
        if matches!(name.as_str(), "script" | "style") {
            let close = format!("</{name}");
            let Some(closed) = rest.to_ascii_lowercase().find(&close) else { return kept };
            let tail = &rest[closed..];
            rest = tail.find('>').map_or("", |end| &tail[end + 1..]);
        }
    }
    kept.push_str(&escaped(rest));
    kept
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::without_html;

    /// The examples of the crypto contract, section 3.
    #[test]
    fn alters_as_the_contract_says() {
        for (typed, stored) in [
            ("Pa<ss&word1", "Pa"),
            ("Passw0rd<b>x</b>&y", "Passw0rdx&amp;y"),
            ("1<2 ok & fine", "1&lt;2 ok &amp; fine"),
            ("a<script>evil()</script>b", "ab"),
            ("a<b", "a"),
        ] {
            assert_eq!(without_html(typed), stored, "{typed}");
        }
    }
}
