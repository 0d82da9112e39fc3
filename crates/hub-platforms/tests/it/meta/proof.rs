//! Who may deliver, and who may have the address checked.

use super::{APP_SECRET, VERIFY_TOKEN, handle, no_keys, offline, request, settings};
use crate::support::fixtures;
use aws_lc_rs::hmac;
use hub_platform_kit::webhook::{Greeting, Refusal, WebhookRequest};
use hub_platform_kit::{PlatformHandle, Secret};
use hub_platforms::PlatformSettings;
use proptest::prelude::{any, proptest};
use proptest::sample::Index;
use std::collections::BTreeMap;
use std::sync::OnceLock;

const HEADER: &str = "x-hub-signature-256";
const PLATFORMS: [(&str, usize); 2] = [("facebook", 65), ("instagram", 43)];

fn signed_with(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}

fn shown(body: &[u8], signatures: &[&str]) -> WebhookRequest {
    WebhookRequest {
        method: "POST".to_owned(),
        path_key: None,
        query: BTreeMap::default(),
        headers: signatures.iter().map(|one| (HEADER.to_owned(), (*one).to_owned())).collect(),
        body: body.to_vec().into(),
    }
}

fn outcome(platform: &PlatformHandle, body: &[u8], signatures: &[&str]) -> Result<(), Refusal> {
    platform.verify(&shown(body, signatures), &no_keys()).map(|verified| assert_eq!(verified.body, body))
}

/// The vector of the documentation: the bytes count and not what they mean.
#[test]
fn the_bytes_are_signed() {
    const BYTES: &[u8] = br#"{"text":"\u00e4\u00f6\u00e5 \/ \ud83d\ude00"}"#;
    const SIGNATURE: &str = "sha256=6436bf4722077764882666a7bd0c74452479f3ec8990dc34adbd23c395638a4a";
    for (platform, _) in PLATFORMS {
        let platform = offline(platform);
        assert_eq!(outcome(&platform, BYTES, &[SIGNATURE]), Ok(()));
        let anew = r#"{"text":"äöå / 😀"}"#.as_bytes();
        assert!(signed_with(APP_SECRET, anew).starts_with("sha256=4ec21ffa"));
        assert_eq!(outcome(&platform, anew, &[SIGNATURE]), Err(Refusal::BadSignature));
    }
}

#[test]
fn every_odd_header_is_refused() {
    let body = b"{}";
    let good = signed_with(APP_SECRET, body);
    let (bare, upper) = (good.trim_start_matches("sha256=").to_owned(), good.to_uppercase());
    let digits_upper = format!("sha256={}", bare.to_uppercase());
    let sha1 = format!("sha1={bare}");
    let (short, long) = (&good[..good.len() - 2], format!("{good}00"));
    let spaced = format!(" {good}");
    let other = signed_with("another-secret", body);
    for (platform, _) in PLATFORMS {
        let platform = offline(platform);
        assert_eq!(outcome(&platform, body, &[&good]), Ok(()));
        for bad in ["", "sha256=", &bare, &upper, &digits_upper, &sha1, short, &long, &spaced, &other] {
            assert_eq!(outcome(&platform, body, &[bad]), Err(Refusal::BadSignature), "{bad}");
        }
        assert_eq!(outcome(&platform, body, &[]), Err(Refusal::BadSignature), "a missing header");
        assert_eq!(outcome(&platform, body, &[&good, &good]), Err(Refusal::BadSignature), "a repeated header");
        let mut old_only = shown(body, &[]);
        old_only.headers.push(("x-hub-signature".to_owned(), sha1.clone()));
        assert_eq!(platform.verify(&old_only, &no_keys()).unwrap_err(), Refusal::BadSignature);
    }
}

#[test]
fn an_authentic_body_must_be_an_object() {
    for (platform, _) in PLATFORMS {
        let platform = offline(platform);
        for body in ["", "null", "[]", "17", "\"x\"", "{", "{}x", "[{}]", "\u{feff}{}"] {
            let outcome = outcome(&platform, body.as_bytes(), &[&signed_with(APP_SECRET, body.as_bytes())]);
            assert_eq!(outcome, Err(Refusal::Malformed("Invalid payload structure")), "{body}");
        }
        let unsigned = outcome(&platform, b"[]", &["sha256=00"]);
        assert_eq!(unsigned, Err(Refusal::BadSignature), "the signature comes first");
    }
}

fn without_secrets(change: impl Fn(&mut hub_platforms::meta::App)) -> PlatformSettings {
    let mut settings = settings("http://127.0.0.1:9");
    for app in [&mut settings.facebook.app, &mut settings.instagram.app, &mut settings.instagram.page_app] {
        app.secret = None;
        change(app);
    }
    settings
}

#[test]
fn without_a_secret_nothing_is_authentic() {
    let blank = |app: &mut hub_platforms::meta::App| {
        app.secret = Some(Secret::from("  "));
        app.further_secrets = vec![Secret::from("")];
    };
    for settings in [without_secrets(|_| {}), without_secrets(blank)] {
        for (name, _) in PLATFORMS {
            let platform = handle(name, &settings);
            for secret in ["", "  ", APP_SECRET] {
                let outcome = outcome(&platform, b"{}", &[&signed_with(secret, b"{}")]);
                assert_eq!(outcome, Err(Refusal::BadSignature), "{secret}");
            }
            assert!(platform.not_configured().is_some());
        }
    }
}

#[test]
fn a_secret_can_be_replaced_without_losing_deliveries() {
    let settings = without_secrets(|app| {
        app.secret = Some(Secret::from("new"));
        app.further_secrets = vec![Secret::from("old")];
    });
    for (name, _) in PLATFORMS {
        let platform = handle(name, &settings);
        for (secret, expected) in [("new", Ok(())), ("old", Ok(())), ("older", Err(Refusal::BadSignature))] {
            assert_eq!(outcome(&platform, b"{}", &[&signed_with(secret, b"{}")]), expected, "{secret}");
        }
    }
}

/// Nobody says for sure which of the two apps signs Instagram's deliveries.
#[test]
fn both_apps_of_instagram_may_sign() {
    let mut settings = settings("http://127.0.0.1:9");
    settings.instagram.app.secret = Some(Secret::from("of the account"));
    settings.instagram.page_app.secret = Some(Secret::from("of the page"));
    let platform = handle("instagram", &settings);
    for secret in ["of the account", "of the page"] {
        assert_eq!(outcome(&platform, b"{}", &[&signed_with(secret, b"{}")]), Ok(()));
    }
}

fn check(query: &[(&str, &str)]) -> WebhookRequest {
    WebhookRequest {
        method: "GET".to_owned(),
        query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..shown(b"", &[])
    }
}

fn greet(platform: &PlatformHandle, mode: &str, token: &str, challenge: &str) -> Result<Option<Greeting>, Refusal> {
    let query = [("hub.mode", mode), ("hub.verify_token", token), ("hub.challenge", challenge)];
    platform.greet(&check(&query), &no_keys())
}

#[test]
fn the_address_is_checked_with_the_token_only() {
    for (name, _) in PLATFORMS {
        let platform = offline(name);
        let greeting = greet(&platform, "subscribe", VERIFY_TOKEN, "1158201444").unwrap().unwrap();
        assert_eq!((greeting.status, greeting.body.as_str()), (200, "1158201444"));
        assert_eq!(greeting.content_type, "text/plain; charset=utf-8");
        let refused = Err(Refusal::BadVerifyToken);
        for (mode, token) in [
            ("subscribe", ""),
            ("subscribe", "x"),
            ("subscribe", &VERIFY_TOKEN[1..]),
            ("unsubscribe", VERIFY_TOKEN),
            ("", VERIFY_TOKEN),
        ] {
            assert_eq!(greet(&platform, mode, token, "1"), refused, "{mode} {token}");
        }
        assert_eq!(platform.greet(&check(&[]), &no_keys()), refused);
        let no_challenge = check(&[("hub.mode", "subscribe"), ("hub.verify_token", VERIFY_TOKEN)]);
        assert_eq!(platform.greet(&no_challenge, &no_keys()), refused);
        assert_eq!(platform.greet(&shown(b"{}", &[]), &no_keys()), Ok(None), "a delivery is no check");
    }
}

#[test]
fn a_challenge_says_nothing_to_a_browser() {
    let platform = offline("facebook");
    let fits = "Az09._~-".repeat(128);
    assert_eq!(greet(&platform, "subscribe", VERIFY_TOKEN, &fits).unwrap().unwrap().body, fits);
    for bad in ["", "<script>", "a b", "a\nb", "ä", "a%20b", "a+b", &format!("{fits}x")] {
        assert_eq!(greet(&platform, "subscribe", VERIFY_TOKEN, bad), Err(Refusal::BadVerifyToken), "{bad}");
    }
}

#[test]
fn without_a_verify_token_nobody_is_greeted() {
    for token in [None, Some(Secret::from("")), Some(Secret::from(" "))] {
        let mut settings = settings("http://127.0.0.1:9");
        settings.facebook.app.verify_token = token.clone();
        settings.instagram.app.verify_token = token;
        for (name, _) in PLATFORMS {
            let platform = handle(name, &settings);
            for shown in ["", " ", VERIFY_TOKEN] {
                assert_eq!(greet(&platform, "subscribe", shown, "1"), Err(Refusal::BadVerifyToken));
            }
        }
    }
}

fn platforms() -> &'static [(PlatformHandle, Vec<WebhookRequest>)] {
    static ALL: OnceLock<Vec<(PlatformHandle, Vec<WebhookRequest>)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let one = |(name, count): (&str, usize)| {
            let recorded = fixtures::all(name, count).into_iter().filter(|f| f.kind == "webhook");
            (offline(name), recorded.map(|f| request(name, &f)).collect())
        };
        PLATFORMS.into_iter().map(one).collect()
    })
}

proptest! {
    #[test]
    fn no_changed_byte_is_authentic(which in any::<Index>(), at in any::<Index>(), byte in any::<u8>()) {
        for (platform, recorded) in platforms() {
            let mut request = which.get(recorded).clone();
            let mut body = request.body.to_vec();
            let at = at.index(body.len());
            let same = body[at] == byte;
            body[at] = byte;
            request.body = body.into();
            assert_eq!(platform.verify(&request, &no_keys()).is_ok(), same);
        }
    }

    #[test]
    fn no_changed_digit_is_authentic(which in any::<Index>(), at in any::<Index>(), digit in "[ -~]") {
        for (platform, recorded) in platforms() {
            let mut request = which.get(recorded).clone();
            let header = request.headers.iter_mut().find(|(name, _)| name == HEADER).unwrap();
            let at = at.index(header.1.len());
            let same = header.1[at..=at] == digit;
            header.1.replace_range(at..=at, &digit);
            assert_eq!(platform.verify(&request, &no_keys()).is_ok(), same);
        }
    }
}
