//! Signing in: codes, passwords, other data centres, and out again.

use super::{API_ID, ME, OwnSession, PHONE, Program, refusal, signed_in, within, world, world_with};
use grammers_client::SignInError;
use grammers_client::client::PasswordToken;
use grammers_session::updates::UpdatesLike;
use grammers_tl_types as tl;
use hub_simulators::telegram_user::{CodeKind, Fault, NewAccount, TelegramUserOptions};
use tl::enums::auth::{Authorization, CodeType, LoginToken, SentCode, SentCodeType};

fn send_code(phone: &str) -> tl::functions::auth::SendCode {
    let settings = tl::types::CodeSettings {
        allow_flashcall: false,
        current_number: false,
        allow_app_hash: false,
        allow_missed_call: false,
        allow_firebase: false,
        unknown_number: false,
        logout_tokens: None,
        token: None,
        app_sandbox: None,
    };
    let (phone_number, api_hash) = (phone.to_owned(), "secret".to_owned());
    tl::functions::auth::SendCode { phone_number, api_id: API_ID, api_hash, settings: settings.into() }
}

async fn sent(program: &Program, phone: &str) -> tl::types::auth::SentCode {
    match program.call(&send_code(phone)).await.unwrap() {
        SentCode::Code(code) => code,
        other => panic!("{other:?}"),
    }
}

fn sign_in(phone: &str, hash: &str, code: &str) -> tl::functions::auth::SignIn {
    tl::functions::auth::SignIn {
        phone_number: phone.to_owned(),
        phone_code_hash: hash.to_owned(),
        phone_code: Some(code.to_owned()),
        email_verification: None,
    }
}

#[tokio::test]
async fn a_code_lets_in_and_logging_out_ends_it() {
    let telegram = world().await;
    let device = telegram.device(2).unwrap();
    let program = Program::on(&device);
    assert!(!within(program.client.is_authorized()).await.unwrap());

    let code = sent(&program, &format!("+{PHONE}")).await;
    assert_eq!(code.r#type, SentCodeType::App(tl::types::auth::SentCodeTypeApp { length: 5 }));
    assert_eq!((code.next_type, code.timeout), (Some(CodeType::Sms), Some(60)));
    let hash = &code.phone_code_hash;
    assert_eq!(refusal(program.call(&sign_in(PHONE, hash, "11111")).await), "400 PHONE_CODE_INVALID");
    assert_eq!(refusal(program.call(&sign_in(PHONE, hash, "")).await), "400 PHONE_CODE_EMPTY");
    let Authorization::Authorization(done) = program.call(&sign_in(PHONE, hash, "22222")).await.unwrap() else {
        panic!("the number has an account");
    };
    assert_eq!(done.user.id(), ME);
    assert_eq!(telegram.who(&device), Some(ME));
    assert!(within(program.client.is_authorized()).await.unwrap());
    let me = within(program.client.get_me()).await.unwrap();
    assert_eq!((me.first_name(), me.phone()), (Some("Me"), Some(PHONE)));

    within(program.client.sign_out()).await.unwrap();
    assert_eq!(telegram.who(&device), None);
    assert!(!within(program.client.is_authorized()).await.unwrap());
}

#[tokio::test]
async fn a_code_is_sent_again_in_another_way_and_grows_old() {
    let telegram = world().await;
    let program = Program::on(&telegram.device(2).unwrap());
    let first = sent(&program, PHONE).await.phone_code_hash;
    let again = |hash: &str| tl::functions::auth::ResendCode {
        phone_number: PHONE.to_owned(),
        phone_code_hash: hash.to_owned(),
        reason: None,
    };
    let SentCode::Code(second) = program.call(&again(&first)).await.unwrap() else { panic!("a code is sent") };
    assert_eq!(second.r#type, SentCodeType::Sms(tl::types::auth::SentCodeTypeSms { length: 5 }));
    assert_eq!(refusal(program.call(&sign_in(PHONE, &first, "22222")).await), "400 PHONE_CODE_EXPIRED");
    assert_eq!(refusal(program.call(&again(&second.phone_code_hash)).await), "406 SEND_CODE_UNAVAILABLE");

    telegram.expire_code(PHONE);
    let outcome = program.call(&sign_in(PHONE, &second.phone_code_hash, "22222")).await;
    assert_eq!(refusal(outcome), "400 PHONE_CODE_EXPIRED");
    assert_eq!(refusal(program.call(&sign_in(PHONE, "", "22222")).await), "400 PHONE_CODE_HASH_EMPTY");

    let third = sent(&program, PHONE).await.phone_code_hash;
    let cancel = tl::functions::auth::CancelCode { phone_number: PHONE.to_owned(), phone_code_hash: third.clone() };
    assert!(program.call(&cancel).await.unwrap());
    assert_eq!(refusal(program.call(&sign_in(PHONE, &third, "22222")).await), "400 PHONE_CODE_EXPIRED");
}

#[tokio::test]
async fn every_kind_of_code_is_told() {
    let telegram = world().await;
    let program = Program::on(&telegram.device(2).unwrap());
    let kinds = [
        CodeKind::Sms,
        CodeKind::Call,
        CodeKind::FlashCall,
        CodeKind::MissedCall,
        CodeKind::Email,
        CodeKind::SetUpEmail,
        CodeKind::Fragment,
        CodeKind::Firebase,
        CodeKind::SmsWord,
        CodeKind::SmsPhrase,
    ];
    let mut seen = Vec::new();
    for (number, kind) in (1..).zip(kinds) {
        let phone = format!("49155500001{number:02}");
        let mut account = NewAccount::new(ME + number, &phone, "Somebody");
        account.code_kind = kind;
        telegram.create_account(account);
        seen.push(sent(&program, &phone).await.r#type);
    }
    let names: Vec<&str> = seen
        .iter()
        .map(|kind| match kind {
            SentCodeType::App(_) => "app",
            SentCodeType::Sms(_) => "sms",
            SentCodeType::Call(_) => "call",
            SentCodeType::FlashCall(_) => "flash call",
            SentCodeType::MissedCall(_) => "missed call",
            SentCodeType::EmailCode(_) => "email",
            SentCodeType::SetUpEmailRequired(_) => "set up email",
            SentCodeType::FragmentSms(_) => "fragment",
            SentCodeType::FirebaseSms(_) => "firebase",
            SentCodeType::SmsWord(_) => "word",
            SentCodeType::SmsPhrase(_) => "phrase",
        })
        .collect();
    let wanted = ["sms", "call", "flash call", "missed call", "email", "set up email", "fragment", "firebase"];
    assert_eq!(names[..8], wanted);
    assert_eq!(names[8..], ["word", "phrase"]);
}

#[tokio::test]
async fn a_kept_token_lets_in_without_a_code_and_some_countries_cost_money() {
    let telegram = world().await;
    let mut inside = NewAccount::new(ME + 1, "4915550000002", "Inside");
    inside.code_kind = CodeKind::AlreadyIn;
    telegram.create_account(inside);
    let mut paying = NewAccount::new(ME + 2, "4915550000003", "Paying");
    paying.code_kind = CodeKind::PaymentRequired;
    telegram.create_account(paying);
    let device = telegram.device(2).unwrap();
    let program = Program::on(&device);
    let outcome = program.call(&send_code("4915550000003")).await.unwrap();
    assert!(matches!(outcome, SentCode::PaymentRequired(_)), "{outcome:?}");
    let outcome = program.call(&send_code("4915550000002")).await.unwrap();
    assert!(matches!(outcome, SentCode::Success(_)), "{outcome:?}");
    assert_eq!(telegram.who(&device), Some(ME + 1));
}

#[tokio::test]
async fn what_cannot_be_a_number_or_belongs_to_nobody_is_told_apart() {
    let telegram = world().await;
    let program = Program::on(&telegram.device(2).unwrap());
    assert_eq!(refusal(program.call(&send_code("12")).await), "406 PHONE_NUMBER_INVALID");
    assert_eq!(refusal(program.call(&send_code("not a number")).await), "406 PHONE_NUMBER_INVALID");
    telegram.fault("auth.sendCode", Fault::FloodWait { seconds: 33 });
    assert_eq!(refusal(program.call(&send_code(PHONE)).await), "420 FLOOD_WAIT 33");
    telegram.fault("auth.sendCode", Fault::refused(400, "PHONE_NUMBER_BANNED"));
    assert_eq!(refusal(program.call(&send_code(PHONE)).await), "400 PHONE_NUMBER_BANNED");

    let nobody = "4915559999999";
    let code = sent(&program, nobody).await;
    let outcome = program.call(&sign_in(nobody, &code.phone_code_hash, "22222")).await.unwrap();
    assert!(matches!(outcome, Authorization::SignUpRequired(_)), "{outcome:?}");
}

#[tokio::test]
async fn only_the_operators_application_may_call() {
    let options =
        TelegramUserOptions { api_id: Some(API_ID), api_hash: "secret".to_owned(), ..TelegramUserOptions::default() };
    let telegram = world_with(options).await;
    let program = Program::on(&telegram.device(2).unwrap());
    let mut call = send_code(PHONE);
    call.api_hash = "wrong".to_owned();
    assert_eq!(refusal(program.call(&call).await), "400 API_ID_INVALID");
    sent(&program, PHONE).await;
}

#[tokio::test]
async fn a_cloud_password_is_proved_and_never_told() {
    let telegram = world().await;
    let phone = "4915550000009";
    telegram.create_account(NewAccount::new(ME + 9, phone, "Careful").with_password("correct horse", "the battery"));
    let device = telegram.device(2).unwrap();
    let program = Program::on(&device);
    let code = sent(&program, phone).await;
    let outcome = program.call(&sign_in(phone, &code.phone_code_hash, "22222")).await;
    assert_eq!(refusal(outcome), "401 SESSION_PASSWORD_NEEDED");
    assert_eq!(refusal(program.call(&tl::functions::updates::GetState {}).await), "401 SESSION_PASSWORD_NEEDED");

    let tl::enums::account::Password::Password(password) =
        program.call(&tl::functions::account::GetPassword {}).await.unwrap();
    assert_eq!(password.hint.as_deref(), Some("the battery"));
    let token = PasswordToken::new(password.clone());
    let outcome = within(program.client.check_password(token, "battery staple")).await;
    assert!(matches!(outcome, Err(SignInError::InvalidPassword(_))), "{outcome:?}");
    // One set of numbers is good for one try.
    let outcome = within(program.client.check_password(PasswordToken::new(password), "correct horse")).await;
    assert!(matches!(&outcome, Err(SignInError::Other(error)) if error.is("SRP_ID_INVALID")), "{outcome:?}");
    assert_eq!(telegram.who(&device), None);

    let tl::enums::account::Password::Password(fresh) =
        program.call(&tl::functions::account::GetPassword {}).await.unwrap();
    let user = within(program.client.check_password(PasswordToken::new(fresh), "correct horse")).await.unwrap();
    assert_eq!(user.first_name(), Some("Careful"));
    assert_eq!(telegram.who(&device), Some(ME + 9));
}

#[tokio::test]
async fn an_account_of_another_data_centre_is_found_there() {
    let telegram = world().await;
    let phone = "4915550000004";
    let mut account = NewAccount::new(ME + 4, phone, "Far");
    account.dc = 4;
    telegram.create_account(account);
    let program = Program::on(&telegram.device(2).unwrap());
    assert_eq!(refusal(program.call(&send_code(phone)).await), "303 PHONE_MIGRATE 4");

    program.handle.disconnect_from_dc(2);
    grammers_client::session::Session::set_home_dc_id(&*program.session, 4).await.unwrap();
    let code = sent(&program, phone).await;
    program.call(&sign_in(phone, &code.phone_code_hash, "22222")).await.unwrap();
    assert!(within(program.client.is_authorized()).await.unwrap());
    let asked: Vec<i32> = telegram.calls_of("auth.sendCode").iter().map(|call| call.dc).collect();
    assert_eq!(asked, [2, 4]);
}

#[tokio::test]
async fn a_sign_in_goes_on_after_a_restart_between_its_steps() {
    let telegram = world().await;
    let device = telegram.device(2).unwrap();
    let program = Program::on(&device);
    let hash = sent(&program, PHONE).await.phone_code_hash;
    let session = program.stop().await;
    let program = Program::with(session.reopened());
    program.call(&sign_in(PHONE, &hash, "22222")).await.unwrap();
    assert_eq!(telegram.who(&device), Some(ME));
}

#[tokio::test]
async fn without_a_key_nothing_is_answered() {
    let telegram = world().await;
    let session = OwnSession::of(&telegram.device(2).unwrap());
    session.forget_keys();
    let program = Program::with(session);
    let outcome = within(program.client.is_authorized()).await;
    assert!(outcome.unwrap_err().to_string().contains("404"));
    assert!(telegram.calls().is_empty());
}

#[tokio::test]
async fn who_is_signed_in_elsewhere_is_let_in_there() {
    let telegram = world().await;
    let program = signed_in(&telegram);
    let export = program.call(&tl::functions::auth::ExportAuthorization { dc_id: 4 }).await.unwrap();
    let tl::enums::auth::ExportedAuthorization::Authorization(export) = export;
    let state = tl::functions::updates::GetState {};
    let outcome = within(program.client.invoke_in_dc(4, &state)).await;
    assert_eq!(refusal(outcome), "401 AUTH_KEY_UNREGISTERED");
    let import = tl::functions::auth::ImportAuthorization { id: export.id, bytes: export.bytes };
    within(program.client.invoke_in_dc(4, &import)).await.unwrap();
    within(program.client.invoke_in_dc(4, &state)).await.unwrap();
    let outcome = within(program.client.invoke_in_dc(4, &import)).await;
    assert_eq!(refusal(outcome), "400 AUTH_BYTES_INVALID");
}

#[tokio::test]
async fn a_scanned_picture_lets_in_where_the_account_lives() {
    let telegram = world().await;
    let mut far = NewAccount::new(ME + 4, "4915550000004", "Far");
    far.dc = 4;
    telegram.create_account(far);
    let device = telegram.device(2).unwrap();
    let mut program = Program::on(&device);
    let export =
        tl::functions::auth::ExportLoginToken { api_id: API_ID, api_hash: "secret".to_owned(), except_ids: Vec::new() };
    let LoginToken::Token(shown) = program.call(&export).await.unwrap() else { panic!("nobody scanned it") };
    assert!(!telegram.scans(ME + 4, b"another picture"));
    assert!(telegram.scans(ME + 4, &shown.token));
    let mut updates = program.updates.take().unwrap();
    let Some(UpdatesLike::Updates(tl::enums::Updates::UpdateShort(told))) = within(updates.recv()).await else {
        panic!("it is told");
    };
    assert_eq!(told.update, tl::enums::Update::LoginToken);
    let LoginToken::MigrateTo(to) = program.call(&export).await.unwrap() else { panic!("it lives elsewhere") };
    assert_eq!((to.dc_id, &to.token), (4, &shown.token));
    let import = tl::functions::auth::ImportLoginToken { token: to.token };
    let outcome = within(program.client.invoke_in_dc(4, &import)).await.unwrap();
    assert!(matches!(outcome, LoginToken::Success(_)), "{outcome:?}");
    assert_eq!(telegram.who(&device), Some(ME + 4));
    let outcome = within(program.client.invoke_in_dc(4, &import)).await;
    assert_eq!(refusal(outcome), "400 AUTH_TOKEN_INVALID");
}
