//! What the person reads while they sign in.

use grammers_tl_types as tl;
use hub_domain::connect::{Field, Step};
use serde::{Deserialize, Serialize};
use tl::enums::auth::{CodeType, SentCodeType};

/// Answer field with the number.
pub(super) const PHONE_FIELD: &str = "phone";
/// Answer field with the code.
pub(super) const CODE_FIELD: &str = "code";
/// Answer field that asks for another code; any word does.
pub(super) const AGAIN_FIELD: &str = "again";
/// Answer field with the cloud password.
pub(super) const PASSWORD_FIELD: &str = "password";

/// A code on its way, in words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CodeWords {
    /// Where to look.
    place: String,
    /// How it can come if it is asked for again.
    again: Option<String>,
    /// After how many seconds that may be.
    after_s: Option<i32>,
}

impl CodeWords {
    /// `None` when such a code never reaches us, with words that say why.
    pub(super) fn of(sent: &tl::types::auth::SentCode) -> Result<Self, &'static str> {
        let place = match &sent.r#type {
            SentCodeType::App(kind) => {
                format!("Telegram sent a code of {} digits to your other Telegram app.", kind.length)
            }
            SentCodeType::Sms(kind) => format!("Telegram sent a code of {} digits by SMS.", kind.length),
            SentCodeType::Call(kind) => format!("Telegram calls you and speaks a code of {} digits.", kind.length),
            SentCodeType::FlashCall(kind) => {
                format!("Telegram calls you from a number like {}; the code is that number.", kind.pattern)
            }
            SentCodeType::MissedCall(kind) => format!(
                "Telegram calls you from a number that begins with {}; the code is its last {} digits.",
                kind.prefix, kind.length
            ),
            SentCodeType::EmailCode(kind) => {
                format!("Telegram sent a code of {} digits to {}.", kind.length, kind.email_pattern)
            }
            SentCodeType::FragmentSms(kind) => format!("Your code of {} digits is at {}.", kind.length, kind.url),
            SentCodeType::SmsWord(_) => "Telegram sent you a word by SMS.".to_owned(),
            SentCodeType::SmsPhrase(_) => "Telegram sent you a phrase by SMS.".to_owned(),
            SentCodeType::SetUpEmailRequired(_) => {
                return Err("Telegram wants an e-mail address for your sign-ins first: set it up in an official app.");
            }
            SentCodeType::FirebaseSms(_) => {
                return Err("Telegram sends codes for this number to its own apps only.");
            }
        };
        let again = sent.next_type.as_ref().map(|kind| {
            match kind {
                CodeType::Sms => "by SMS",
                CodeType::Call => "by a call",
                CodeType::FlashCall | CodeType::MissedCall => "by a short call",
                CodeType::FragmentSms => "at Fragment",
            }
            .to_owned()
        });
        Ok(Self { place, again, after_s: sent.timeout })
    }

    /// Asks for the code; `first` is said before everything else.
    pub(super) fn step(&self, first: &str) -> Step {
        let mut fields = vec![Field {
            name: CODE_FIELD.to_owned(),
            label: "Code".to_owned(),
            help: Some(self.place.clone()),
            secret: false,
        }];
        if let Some(way) = &self.again {
            let when = self.after_s.map_or_else(String::new, |seconds| format!(" after {seconds} seconds"));
            fields.push(Field {
                name: AGAIN_FIELD.to_owned(),
                label: "Send again".to_owned(),
                help: Some(format!("No code? Write \"yes\" here to get one {way}{when}.")),
                secret: false,
            });
        }
        Step::Ask { title: joined(first, &self.place), fields }
    }
}

/// Asks for the number.
pub(super) fn ask_phone(first: &str) -> Step {
    let advice = "Sign in to Telegram. The hub then acts as one more device of yours, through Telegram's API. Telegram watches \
                  accounts that use other programs than its own: use a number you have had for long, and never write to \
                  strangers in masses.";
    Step::Ask {
        title: joined(first, advice),
        fields: vec![Field {
            name: PHONE_FIELD.to_owned(),
            label: "Phone number".to_owned(),
            help: Some("With the country code, as in +49 1555 0000001.".to_owned()),
            secret: false,
        }],
    }
}

/// Asks for the cloud password.
pub(super) fn ask_password(first: &str, hint: Option<&str>) -> Step {
    Step::Ask {
        title: joined(first, "Your account is protected by a password."),
        fields: vec![Field {
            name: PASSWORD_FIELD.to_owned(),
            label: "Password".to_owned(),
            help: Some(match hint.filter(|hint| !hint.is_empty()) {
                Some(hint) => format!("Hint: {hint}"),
                None => "The one you set in Telegram. Forgotten? Reset it in an official app.".to_owned(),
            }),
            secret: true,
        }],
    }
}

fn joined(first: &str, then: &str) -> String {
    if first.is_empty() { then.to_owned() } else { format!("{first} {then}") }
}
