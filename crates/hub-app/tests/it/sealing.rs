use crate::support::{text, vectors};
use hub_app::sealing::{Field, Opened, Sealer};
use hub_platform_kit::Secret;
use proptest::prelude::*;
use uuid::Uuid;

const ROW: Uuid = Uuid::from_u128(7);

fn field(column: &'static str) -> Field<'static> {
    Field { table: "messages", column, row: ROW }
}

fn sealer(keys: &[&str]) -> Sealer {
    let keys: Vec<Secret> = keys.iter().map(|key| Secret::from(*key)).collect();
    Sealer::new(&keys, false).expect("keys")
}

#[test]
fn every_positive_vector_opens() {
    for vector in vectors()["aes_256_cbc"].as_array().expect("vectors") {
        let opened =
            sealer(&[text(vector, "encryption_key")]).open_text(field("content"), text(vector, "encrypted"), None);
        assert_eq!(opened, Opened::Legacy(text(vector, "plaintext").to_owned()), "{}", vector["id"]);
    }
}

#[test]
fn every_negative_vector_is_told_apart() {
    for vector in vectors()["aes_negative"].as_array().expect("vectors") {
        let opened = sealer(&[text(vector, "encryption_key")]).open_text(field("content"), text(vector, "value"), None);
        let expected = match text(vector, "expect") {
            "not_encrypted" => Opened::Clear(text(vector, "value").to_owned()),
            "decrypt_error" => Opened::Broken,
            other => panic!("unknown expectation {other}"),
        };
        assert_eq!(opened, expected, "{}", vector["id"]);
    }
}

#[test]
fn what_is_written_is_the_contracts_form_and_opens_without_the_seal_too() {
    let sealer = sealer(&["short-key"]);
    let sealed = sealer.seal_text(field("content"), "Grüße 👋");
    let (iv, body) = sealed.value.split_once(':').expect("two parts");
    assert_eq!(iv.len(), 32);
    assert!(body.len().is_multiple_of(32) && !body.is_empty());
    assert!(sealed.value.bytes().all(|b| b == b':' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "lower case");
    assert_eq!(sealer.open_text(field("content"), &sealed.value, None), Opened::Legacy("Grüße 👋".to_owned()));
    let seal = sealed.seal.expect("a seal");
    assert!(seal.starts_with("v1.") && seal.split('.').count() == 3, "{seal}");
    assert_ne!(sealer.seal_text(field("content"), "Grüße 👋").value, sealed.value, "a fresh IV every time");
}

#[test]
fn a_value_moved_to_another_row_or_column_does_not_open() {
    let sealer = sealer(&["short-key"]);
    let sealed = sealer.seal_text(field("access_token"), "a token");
    let open = |field| sealer.open_text(field, &sealed.value, sealed.seal.as_deref());
    assert_eq!(open(field("access_token")), Opened::Text("a token".to_owned()));
    assert_eq!(open(field("refresh_token")), Opened::Broken);
    assert_eq!(open(Field { row: Uuid::from_u128(8), ..field("access_token") }), Opened::Broken);
    assert_eq!(open(Field { table: "connected_accounts", ..field("access_token") }), Opened::Broken);
}

#[test]
fn older_keys_read_and_the_newest_writes() {
    let old = sealer(&["old key"]);
    let both = sealer(&["new key", "old key"]);
    let new = sealer(&["new key"]);
    let sealed = old.seal_text(field("content"), "kept");
    assert_eq!(both.open_text(field("content"), &sealed.value, sealed.seal.as_deref()), Opened::Text("kept".into()));
    assert_eq!(new.open_text(field("content"), &sealed.value, sealed.seal.as_deref()), Opened::Broken);
    let sealed = both.seal_text(field("content"), "fresh");
    assert_eq!(new.open_text(field("content"), &sealed.value, sealed.seal.as_deref()), Opened::Text("fresh".into()));
    let wrapped = old.wrap("here", b"bytes");
    assert_eq!(both.unwrap("here", &wrapped).as_deref(), Some(b"bytes".as_slice()));
    assert_eq!(both.unwrap("there", &wrapped), None, "bound to its place");
    assert_eq!(new.unwrap("here", &wrapped), None);
}

#[test]
fn where_seals_are_required_a_value_without_one_is_refused() {
    let strict = Sealer::new(&[Secret::from("short-key")], true).expect("a key");
    let sealed = strict.seal_text(field("content"), "sealed");
    assert_eq!(strict.open_text(field("content"), &sealed.value, None), Opened::Broken);
    assert_eq!(strict.open_text(field("content"), "clear text", None), Opened::Broken);
    assert_eq!(
        strict.open_text(field("content"), &sealed.value, sealed.seal.as_deref()),
        Opened::Text("sealed".to_owned())
    );
}

#[test]
fn no_key_or_an_empty_one_is_refused() {
    assert!(Sealer::new(&[], false).is_err());
    assert!(Sealer::new(&[Secret::from("")], false).is_err());
}

proptest! {
    #[test]
    fn any_text_survives_and_any_change_is_noticed(words in ".{0,200}", at in any::<prop::sample::Index>(), bit in 0_u8..4) {
        let sealer = sealer(&["short-key"]);
        let sealed = sealer.seal_text(field("content"), &words);
        let seal = sealed.seal.clone().expect("a seal");
        prop_assert_eq!(sealer.open_text(field("content"), &sealed.value, Some(&seal)), Opened::Text(words));

        let mut value = sealed.value.clone().into_bytes();
        let spot = at.index(value.len());
        value[spot] ^= 1 << bit;
        if let Ok(changed) = String::from_utf8(value) {
            prop_assert_eq!(sealer.open_text(field("content"), &changed, Some(&seal)), Opened::Broken);
        }
        let mut mac = seal.into_bytes();
        let spot = at.index(mac.len());
        mac[spot] ^= 1 << bit;
        if let Ok(changed) = String::from_utf8(mac) {
            prop_assert_eq!(sealer.open_text(field("content"), &sealed.value, Some(&changed)), Opened::Broken);
        }
    }
}
