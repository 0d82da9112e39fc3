//! Linking: number, code, and the cloud password where there is one. Raw calls, because the attempt must live across requests,
//! processes and restarts: what it needs is kept sealed in its memory.

use super::connection::{Called, Connection};
use super::keys::KeyPart;
use super::words::{self, CodeWords};
use super::{PHONE, TelegramUser, errors, password};
use async_trait::async_trait;
use chrono::TimeDelta;
use grammers_tl_types as tl;
use hub_domain::RemoteAccountId;
use hub_domain::connect::{Answers, LinkedIdentity};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{Connect, ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tl::enums::auth::{Authorization, SentCode};

/// Wrong codes or passwords after which the attempt ends.
const MAX_TRIES: u32 = 3;
/// Digits of a telephone number.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;
/// Largest code or password that is passed on, in bytes.
const MAX_ANSWER_BYTES: usize = 1024;

/// An attempt between two answers of the person.
#[derive(Serialize, Deserialize)]
struct Attempt {
    /// The keys, as a token would keep them.
    keys: String,
    phone: String,
    phone_code_hash: String,
    code: CodeWords,
    /// The code was right, the password is missing.
    password: bool,
    /// Wrong answers to what is asked now.
    tries: u32,
}

#[async_trait]
impl Connect for TelegramUser {
    async fn begin(&self, context: &ConnectContext) -> Result<Progress> {
        if context.method != PHONE {
            return Err(PlatformError::unsupported("this way of linking"));
        }
        self.application()?;
        Ok(Progress::Next { step: words::ask_phone(""), memory: Value::Null })
    }

    async fn resume(&self, context: &ConnectContext, memory: &Value, answers: &Answers) -> Result<Progress> {
        if context.method != PHONE {
            return Err(PlatformError::unsupported("this way of linking"));
        }
        let outcome = if memory.is_null() {
            self.send_code(answers).await
        } else {
            let attempt: Attempt = serde_json::from_value(memory.clone())
                .map_err(|_| PlatformError::new(ErrorKind::Rejected, "This attempt cannot go on; start again."))?;
            if attempt.password {
                self.check_password(attempt, answers).await
            } else if asks_again(answers) {
                self.send_again(attempt).await
            } else {
                self.check_code(attempt, answers).await
            }
        };
        outcome.map_err(|error| with_clock(error, context))
    }

    async fn refresh(&self, _grant: &Grant) -> Result<Tokens> {
        Err(PlatformError::unsupported("renewing tokens"))
    }

    /// Signs out; the line of this process ends with it.
    async fn revoke(&self, grant: &Grant) -> Result<()> {
        let (api_id, _) = self.application()?;
        let request = tl::functions::auth::LogOut {};
        let keys = KeyPart::read(grant.token())?;
        let outcome = if let Some(line) = self.lines.end(grant.account_id, &keys).await {
            let outcome = line.connection.call(&request).await;
            // Somebody may be reading there still.
            line.close().await;
            outcome
        } else {
            let session = self.places.with(&keys);
            Connection::new(session, api_id).0.call(&request).await
        };
        match outcome.map_err(|error| errors::meaning(&error)) {
            Ok(_) => Ok(()),
            // Signed out already.
            Err(error) if error.kind == ErrorKind::ReauthRequired => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The telephone that gets a code, when these answers have one sent.
    fn reaches(&self, _context: &ConnectContext, memory: &Value, answers: &Answers) -> Option<String> {
        if memory.is_null() {
            return phone(answers.get(words::PHONE_FIELD)?).ok();
        }
        let attempt: Attempt = serde_json::from_value(memory.clone()).ok()?;
        (!attempt.password && asks_again(answers)).then_some(attempt.phone)
    }

    /// Session strings of the originals.
    fn recognises(&self, token: &str) -> Option<&'static str> {
        KeyPart::is_of_an_original(token).then_some(PHONE)
    }
}

impl TelegramUser {
    async fn send_code(&self, answers: &Answers) -> Result<Progress> {
        let (api_id, api_hash) = self.application()?;
        let phone = phone(answers.get(words::PHONE_FIELD).map(String::as_str).unwrap_or_default())?;
        let (connection, _updates) = Connection::new(self.fresh().await?, api_id);
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
        let request = tl::functions::auth::SendCode {
            phone_number: phone.clone(),
            api_id,
            api_hash: api_hash.to_owned(),
            settings: settings.into(),
        };
        let sent = connection.call_moving(&request).await.map_err(|error| errors::meaning(&error))?;
        Self::sent(&connection, sent, phone)
    }

    async fn send_again(&self, attempt: Attempt) -> Result<Progress> {
        let connection = self.attempts_connection(&attempt)?;
        let request = tl::functions::auth::ResendCode {
            phone_number: attempt.phone.clone(),
            phone_code_hash: attempt.phone_code_hash.clone(),
            reason: None,
        };
        match connection.call_moving(&request).await {
            Ok(sent) => Self::sent(&connection, sent, attempt.phone),
            Err(error) if errors::is(&error, "PHONE_CODE_EXPIRED") => Ok(expired()),
            Err(error) if errors::is(&error, "SEND_CODE_UNAVAILABLE") => {
                let step = attempt.code.step("Telegram cannot send another code.");
                next(step, &attempt)
            }
            Err(error) => Err(errors::meaning(&error)),
        }
    }

    /// What was sent, or that nothing needs to be.
    fn sent(connection: &Connection, sent: SentCode, phone: String) -> Result<Progress> {
        match sent {
            SentCode::Code(sent) => {
                let code = CodeWords::of(&sent).map_err(rejected)?;
                let step = code.step("");
                let attempt = Attempt {
                    keys: connection.session.key_part().write(),
                    phone,
                    phone_code_hash: sent.phone_code_hash,
                    code,
                    password: false,
                    tries: 0,
                };
                next(step, &attempt)
            }
            SentCode::Success(done) => authorized(connection, done.authorization, &phone),
            SentCode::PaymentRequired(_) => {
                Err(rejected("Telegram wants money for signing in with this number; this hub cannot pay."))
            }
        }
    }

    async fn check_code(&self, mut attempt: Attempt, answers: &Answers) -> Result<Progress> {
        let code = answer(answers, words::CODE_FIELD, "Please type the code.")?;
        let connection = self.attempts_connection(&attempt)?;
        let request = tl::functions::auth::SignIn {
            phone_number: attempt.phone.clone(),
            phone_code_hash: attempt.phone_code_hash.clone(),
            phone_code: Some(code),
            email_verification: None,
        };
        let error = match connection.call_moving(&request).await {
            Ok(done) => return authorized(&connection, done, &attempt.phone),
            Err(error) => error,
        };
        match errors::name(&error) {
            Some("SESSION_PASSWORD_NEEDED") => {
                attempt.password = true;
                attempt.tries = 0;
                attempt.keys = connection.session.key_part().write();
                let asked = password_asked(&connection).await?;
                next(words::ask_password("", asked.hint.as_deref()), &attempt)
            }
            Some("PHONE_CODE_INVALID" | "PHONE_CODE_EMPTY") => {
                attempt.tries += 1;
                if attempt.tries >= MAX_TRIES {
                    let cancel = tl::functions::auth::CancelCode {
                        phone_number: attempt.phone,
                        phone_code_hash: attempt.phone_code_hash,
                    };
                    // The attempt ends here whether or not Telegram hears of it.
                    let _: Called<bool> = connection.call_moving(&cancel).await;
                    return Err(rejected("Three wrong codes: this attempt has ended. Start again later."));
                }
                next(attempt.code.step("Wrong code."), &attempt)
            }
            Some("PHONE_CODE_EXPIRED" | "PHONE_CODE_HASH_EMPTY" | "AUTH_RESTART") => Ok(expired()),
            _ => Err(errors::meaning(&error)),
        }
    }

    async fn check_password(&self, mut attempt: Attempt, answers: &Answers) -> Result<Progress> {
        let typed = answer(answers, words::PASSWORD_FIELD, "Please type the password.")?;
        let connection = self.attempts_connection(&attempt)?;
        // The parameters are for one try, and the password may change at any time.
        let mut repeated = false;
        loop {
            let asked = password_asked(&connection).await?;
            let hint = asked.hint.clone();
            let request = tl::functions::auth::CheckPassword { password: password::proof(asked, typed.clone()).await? };
            let error = match connection.call(&request).await {
                Ok(done) => return authorized(&connection, done, &attempt.phone),
                Err(error) => error,
            };
            match errors::name(&error) {
                Some("SRP_ID_INVALID" | "SRP_PASSWORD_CHANGED") if !repeated => repeated = true,
                Some("PASSWORD_HASH_INVALID") => {
                    attempt.tries += 1;
                    if attempt.tries >= MAX_TRIES {
                        return Err(rejected("Three wrong passwords: this attempt has ended. Start again later."));
                    }
                    return next(words::ask_password("Wrong password.", hint.as_deref()), &attempt);
                }
                _ => return Err(errors::meaning(&error)),
            }
        }
    }

    /// A connection that goes on where the attempt stopped.
    fn attempts_connection(&self, attempt: &Attempt) -> Result<Connection> {
        let (api_id, _) = self.application()?;
        Ok(Connection::new(self.places.with(&KeyPart::read(&attempt.keys)?), api_id).0)
    }
}

async fn password_asked(connection: &Connection) -> Result<tl::types::account::Password> {
    let asked = connection.call(&tl::functions::account::GetPassword {}).await;
    let tl::enums::account::Password::Password(asked) = asked.map_err(|error| errors::meaning(&error))?;
    Ok(asked)
}

/// Signed in: whose account it is, and the keys.
fn authorized(connection: &Connection, done: Authorization, phone: &str) -> Result<Progress> {
    let user = match done {
        Authorization::Authorization(done) => done.user,
        Authorization::SignUpRequired(_) => {
            return Err(rejected("No Telegram account has this number. Make one in an official app first."));
        }
    };
    let tl::enums::User::User(user) = user else {
        return Err(PlatformError::new(ErrorKind::UnexpectedReply, "Telegram does not say who signed in"));
    };
    let username = user.username.or(user.first_name).filter(|name| !name.is_empty());
    Ok(Progress::Linked {
        identity: LinkedIdentity {
            remote_id: RemoteAccountId::new(user.id.to_string()),
            username: Some(username.unwrap_or_else(|| phone.to_owned())),
            ..LinkedIdentity::default()
        },
        tokens: Tokens { access: connection.session.key_part().token(), refresh: None, expires_at: None },
        proof: None,
    })
}

fn next(step: hub_domain::connect::Step, attempt: &Attempt) -> Result<Progress> {
    let odd = |_| PlatformError::new(ErrorKind::UnexpectedReply, "the attempt could not be kept");
    Ok(Progress::Next { step, memory: serde_json::to_value(attempt).map_err(odd)? })
}

/// Whether another code is wanted.
fn asks_again(answers: &Answers) -> bool {
    answers.get(words::AGAIN_FIELD).is_some_and(|word| !word.trim().is_empty())
}

/// Back to the number.
fn expired() -> Progress {
    Progress::Next { step: words::ask_phone("The code has expired; we can send a new one."), memory: Value::Null }
}

fn rejected(words: &str) -> PlatformError {
    PlatformError::new(ErrorKind::Rejected, words)
}

/// A number in digits; what people put between them is left out.
fn phone(typed: &str) -> Result<String> {
    let filler = |c: char| c.is_whitespace() || matches!(c, '-' | '(' | ')' | '.' | '/');
    let phone: String = typed.chars().filter(|c| !filler(*c)).collect();
    let digits = phone.strip_prefix('+').unwrap_or(&phone);
    if PHONE_DIGITS.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(digits.to_owned())
    } else {
        Err(PlatformError::bad_input("This is not a phone number. Use +country code and number."))
    }
}

fn answer(answers: &Answers, field: &str, missing: &str) -> Result<String> {
    let typed = answers.get(field).map(String::as_str).unwrap_or_default();
    // A password may begin or end with a blank.
    let typed = if field == words::PASSWORD_FIELD { typed } else { typed.trim() };
    if typed.is_empty() || typed.len() > MAX_ANSWER_BYTES {
        return Err(PlatformError::bad_input(missing));
    }
    Ok(typed.to_owned())
}

/// A wait as a time of day.
fn with_clock(mut error: PlatformError, context: &ConnectContext) -> PlatformError {
    if let ErrorKind::RateLimited { retry_after: Some(wait) } = error.kind
        && let Ok(wait) = TimeDelta::from_std(wait)
    {
        let until = context.now + wait;
        error.message = format!("Telegram asks to wait until {} UTC.", until.format("%Y-%m-%d %H:%M"));
    }
    error
}
