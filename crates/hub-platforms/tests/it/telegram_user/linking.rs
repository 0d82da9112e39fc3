//! Signing in, step by step; every step in a process of its own.

use super::{ME, PHONE, grant_with, process, until, world};
use hub_domain::connect::{Answers, LinkedIdentity, Step};
use hub_domain::time::from_unix_seconds;
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, PlatformError, Registry};
use hub_simulators::telegram_user::{CodeKind, Device, Fault, NewAccount, TelegramUserHandle};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::time::Duration;

fn context() -> ConnectContext {
    ConnectContext {
        method: "phone".to_owned(),
        state: "9c1f".to_owned(),
        redirect_uri: None,
        frontend_url: None,
        now: from_unix_seconds(1_795_000_000).unwrap(),
    }
}

/// A sign-in under way. Between two answers nothing lives but the memory.
struct SignIn {
    device: Device,
    memory: Value,
}

impl SignIn {
    async fn begun(telegram: &TelegramUserHandle) -> Self {
        let device = telegram.device(2).unwrap();
        let progress = process(&device).begin(&context()).await.unwrap();
        let Progress::Next { step, memory } = progress else { panic!("{progress:?}") };
        assert_eq!(fields(&step), ["phone"]);
        Self { device, memory }
    }

    async fn resume(&mut self, field: &str, answer: &str) -> Result<Progress, PlatformError> {
        let answers = Answers::from([(field.to_owned(), answer.to_owned())]);
        process(&self.device).resume(&context(), &self.memory, &answers).await
    }

    /// Answers, and gives what is asked next.
    async fn answer(&mut self, field: &str, answer: &str) -> Step {
        match self.resume(field, answer).await.unwrap() {
            Progress::Next { step, memory } => {
                self.memory = memory;
                step
            }
            linked @ Progress::Linked { .. } => panic!("{linked:?}"),
        }
    }

    async fn last(&mut self, field: &str, answer: &str) -> (LinkedIdentity, Tokens) {
        match self.resume(field, answer).await.unwrap() {
            Progress::Linked { identity, tokens, proof: None } => (identity, tokens),
            other => panic!("{other:?}"),
        }
    }
}

fn fields(step: &Step) -> Vec<&str> {
    match step {
        Step::Ask { fields, .. } => fields.iter().map(|field| field.name.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

fn title(step: &Step) -> &str {
    match step {
        Step::Ask { title, .. } => title,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_number_and_a_code_link_an_account() {
    let telegram = world().await;
    let mut sign_in = SignIn::begun(&telegram).await;
    let step = sign_in.answer("phone", "+49 (1555) 000-0001").await;
    assert_eq!(fields(&step), ["code", "again"]);
    assert!(title(&step).contains("5 digits") && title(&step).contains("other Telegram app"), "{step:?}");
    let Step::Ask { fields: asked, .. } = &step else { unreachable!() };
    assert!(asked[1].help.as_ref().is_some_and(|help| help.contains("by SMS after 60 seconds")), "{step:?}");
    let (identity, tokens) = sign_in.last("code", " 22222 ").await;
    assert_eq!((identity.remote_id.as_str(), identity.username.as_deref()), ("7100000001", Some("Me")));
    assert!(tokens.refresh.is_none() && tokens.expires_at.is_none());

    // The permission works in another process, and taking it back signs out.
    let grant = grant_with(tokens.access.expose_secret());
    let reader = process(&sign_in.device);
    assert!(reader.pull(&grant, None, Duration::ZERO).await.unwrap().more);
    assert_eq!(telegram.who(&sign_in.device), Some(ME));
    reader.revoke(&grant).await.unwrap();
    assert_eq!(telegram.who(&sign_in.device), None);
    until(|| telegram.listening(ME) == 0).await;
    process(&sign_in.device).revoke(&grant).await.unwrap();
}

#[tokio::test]
async fn wrong_codes_are_told_and_the_third_one_ends_it() {
    let telegram = world().await;
    let mut sign_in = SignIn::begun(&telegram).await;
    sign_in.answer("phone", PHONE).await;
    for _ in 0..2 {
        let step = sign_in.answer("code", "11111").await;
        assert!(fields(&step).contains(&"code") && title(&step).starts_with("Wrong code."), "{step:?}");
    }
    let ended = sign_in.resume("code", "11111").await.unwrap_err();
    assert_eq!(ended.kind, ErrorKind::Rejected);
    assert_eq!(telegram.calls_of("auth.cancelCode").len(), 1);
    assert_eq!(telegram.who(&sign_in.device), None);
}

#[tokio::test]
async fn a_code_that_grew_old_is_no_wrong_code() {
    let telegram = world().await;
    let mut sign_in = SignIn::begun(&telegram).await;
    sign_in.answer("phone", PHONE).await;
    telegram.expire_code(PHONE);
    let step = sign_in.answer("code", "22222").await;
    assert!(fields(&step) == ["phone"] && title(&step).starts_with("The code has expired"), "{step:?}");
    sign_in.answer("phone", PHONE).await;
    sign_in.last("code", "22222").await;
}

#[tokio::test]
async fn a_code_is_sent_again_on_demand() {
    let telegram = world().await;
    let mut sign_in = SignIn::begun(&telegram).await;
    sign_in.answer("phone", PHONE).await;
    let step = sign_in.answer("again", "yes").await;
    assert!(title(&step).contains("by SMS") && fields(&step) == ["code"], "{step:?}");
    let step = sign_in.answer("again", "yes").await;
    assert!(title(&step).contains("cannot send another"), "{step:?}");
    sign_in.last("code", "22222").await;
}

#[tokio::test]
async fn a_password_is_asked_for_with_its_hint_and_proved() {
    let telegram = world().await;
    telegram.create_account(NewAccount::new(ME + 1, "4915550000011", "Locked").with_password("hunter2 ", "the usual"));
    let mut sign_in = SignIn::begun(&telegram).await;
    sign_in.answer("phone", "4915550000011").await;
    let step = sign_in.answer("code", "22222").await;
    let Step::Ask { fields: asked, .. } = &step else { panic!("{step:?}") };
    assert!(asked[0].name == "password" && asked[0].secret, "{step:?}");
    assert_eq!(asked[0].help.as_deref(), Some("Hint: the usual"));
    let step = sign_in.answer("password", "hunter2").await;
    assert!(title(&step).starts_with("Wrong password."), "{step:?}");
    let (identity, _) = sign_in.last("password", "hunter2 ").await;
    assert_eq!(identity.remote_id.as_str(), (ME + 1).to_string());
    let kept = sign_in.memory.to_string();
    assert!(!kept.contains("hunter2") && !kept.contains("22222"), "codes and passwords are never kept");
}

#[tokio::test]
async fn three_wrong_passwords_end_it() {
    let telegram = world().await;
    telegram.create_account(NewAccount::new(ME + 1, "4915550000011", "Locked").with_password("hunter2", ""));
    let mut sign_in = SignIn::begun(&telegram).await;
    sign_in.answer("phone", "4915550000011").await;
    sign_in.answer("code", "22222").await;
    for _ in 0..2 {
        sign_in.answer("password", "wrong").await;
    }
    assert_eq!(sign_in.resume("password", "wrong").await.unwrap_err().kind, ErrorKind::Rejected);
}

#[tokio::test]
async fn a_number_that_lives_elsewhere_is_followed() {
    let telegram = world().await;
    let mut account = NewAccount::new(ME + 4, "4915550000004", "Far");
    account.dc = 4;
    telegram.create_account(account);
    let mut sign_in = SignIn::begun(&telegram).await;
    sign_in.answer("phone", "4915550000004").await;
    let (_, tokens) = sign_in.last("code", "22222").await;
    let asked: Vec<i32> = telegram.calls_of("auth.sendCode").iter().map(|call| call.dc).collect();
    assert_eq!(asked, [2, 4]);
    assert!(telegram.calls_of("auth.signIn").iter().all(|call| call.dc == 4));
    assert!(tokens.access.expose_secret().contains(r#""home":4"#));
}

#[tokio::test]
async fn what_cannot_be_signed_in_is_said_in_words() {
    let telegram = world().await;
    let mut sign_in = SignIn::begun(&telegram).await;
    for odd in ["", "hello", "+1", "123456789012345678", "0049;1555"] {
        assert_eq!(sign_in.resume("phone", odd).await.unwrap_err().kind, ErrorKind::BadInput, "{odd}");
    }
    assert!(telegram.calls_of("auth.sendCode").is_empty());

    telegram.fault("auth.sendCode", Fault::FloodWait { seconds: 3_700 });
    let flood = sign_in.resume("phone", PHONE).await.unwrap_err();
    assert_eq!(flood.kind, ErrorKind::RateLimited { retry_after: Some(Duration::from_secs(3_700)) });
    assert_eq!(flood.message, "Telegram asks to wait until 2026-11-18 12:08 UTC.");

    telegram.fault("auth.sendCode", Fault::refused(400, "PHONE_NUMBER_BANNED"));
    let banned = sign_in.resume("phone", PHONE).await.unwrap_err();
    assert_eq!((banned.kind, banned.message.as_str()), (ErrorKind::Rejected, "Telegram has blocked this number."));

    telegram.fault("auth.sendCode", Fault::refused(400, "API_ID_INVALID"));
    assert_eq!(sign_in.resume("phone", PHONE).await.unwrap_err().kind, ErrorKind::Misconfigured);

    for (number, kind) in (20..).zip([CodeKind::SetUpEmail, CodeKind::Firebase, CodeKind::PaymentRequired]) {
        let phone = format!("49155500000{number}");
        let mut account = NewAccount::new(ME + number, &phone, "Somebody");
        account.code_kind = kind;
        telegram.create_account(account);
        assert_eq!(sign_in.resume("phone", &phone).await.unwrap_err().kind, ErrorKind::Rejected, "{kind:?}");
    }
    sign_in.answer("phone", PHONE).await;
}

#[test]
fn rows_without_a_kind_stay_bots_and_user_accounts_are_found_by_theirs() {
    let transport = hub_platform_kit::transport::Transport::new().unwrap();
    let registry = Registry::new(hub_platforms::all(&hub_platforms::PlatformSettings::default(), transport)).unwrap();
    let of = |kind| registry.of_account("telegram", kind).unwrap().card().id.to_string();
    assert_eq!(
        (of(None), of(Some("bot")), of(Some("user"))),
        ("telegram_bot".to_owned(), "telegram_bot".to_owned(), "telegram_user".to_owned())
    );
    let (handle, method) = registry.for_linking("telegram", Some("phone")).unwrap();
    assert_eq!((handle.card().id.as_str(), method), ("telegram_user", "phone"));
    assert!(handle.not_configured().is_some(), "without an application it is off");
}
