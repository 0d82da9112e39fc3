//! Faults on command: the next call of a method goes wrong.

use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `retry_after` in seconds.
    TooMany {
        /// Seconds.
        retry_after: u64,
    },
    /// This status with the usual envelope.
    Status(u16),
    /// A refusal in the server's own words.
    Refused {
        /// Error code.
        code: u16,
        /// Its description.
        description: &'static str,
    },
    /// 502 with a page of a gateway.
    Html502,
    /// No answer for this long, then a normal one.
    Hang(Duration),
    /// The line breaks before anything was done.
    CutBefore,
    /// The line breaks after everything was done.
    CutAfter,
    /// 200 with something that is no JSON.
    Garbage,
}

impl Fault {
    /// By name, as the control API takes it: `too_many`, `status`, `html_502`, `hang`, `cut_before`, `cut_after`, `garbage`.
    pub(super) fn named(name: &str, value: u64) -> Option<Self> {
        Some(match name {
            "too_many" => Self::TooMany { retry_after: value },
            "status" => Self::Status(u16::try_from(value).ok()?),
            "html_502" => Self::Html502,
            "hang" => Self::Hang(Duration::from_millis(value)),
            "cut_before" => Self::CutBefore,
            "cut_after" => Self::CutAfter,
            "garbage" => Self::Garbage,
            _ => return None,
        })
    }
}
