//! Faults on command: the next call of a method goes wrong, or all of them.

use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::watch;

/// Stands for every method.
const ANY: &str = "*";
/// Faults that wait at most.
const MAX_FAULTS: usize = 10_000;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A refusal in the server's own words, such as 400 `PEER_FLOOD`.
    Refused {
        /// Code.
        code: i32,
        /// Name.
        name: String,
    },
    /// 420 `FLOOD_WAIT_X`.
    FloodWait {
        /// Seconds.
        seconds: u32,
    },
    /// Done at once, answered after this long.
    Slow(Duration),
    /// Done at once, answered when faults are cleared.
    Held,
    /// Done, and never answered.
    Silent,
    /// Neither done nor answered.
    Lost,
    /// The line breaks before anything was done.
    CutBefore,
    /// The line breaks after everything was done.
    CutAfter,
}

impl Fault {
    /// A refusal.
    pub fn refused(code: i32, name: &str) -> Self {
        Self::Refused { code, name: name.to_owned() }
    }

    /// By name, as the control API takes it: `flood_wait`, `slow` (milliseconds), `held`, `silent`, `lost`, `cut_before`, `cut_after`;
    /// anything in capitals is a refusal, with its code as the value.
    pub(super) fn named(name: &str, value: u64) -> Option<Self> {
        Some(match name {
            "flood_wait" => Self::FloodWait { seconds: u32::try_from(value).ok()? },
            "slow" => Self::Slow(Duration::from_millis(value)),
            "held" => Self::Held,
            "silent" => Self::Silent,
            "lost" => Self::Lost,
            "cut_before" => Self::CutBefore,
            "cut_after" => Self::CutAfter,
            name if name.chars().next().is_some_and(char::is_uppercase) => {
                Self::refused(i32::try_from(value).ok()?, name)
            }
            _ => return None,
        })
    }
}

#[derive(Clone, Debug)]
struct Waiting {
    account: Option<i64>,
    method: String,
    fault: Fault,
    always: bool,
    /// Calls that go well before.
    spares: usize,
}

/// Faults that wait for their call.
#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: VecDeque<Waiting>,
    /// Changes when they are cleared.
    cleared: watch::Sender<()>,
}

impl Faults {
    /// `account` narrows it down to one; `always` = until cleared.
    pub(super) fn add(&mut self, account: Option<i64>, method: &str, fault: Fault, always: bool) {
        self.add_after(0, account, method, fault, always);
    }

    /// The same after `spares` calls that go well.
    pub(super) fn add_after(&mut self, spares: usize, account: Option<i64>, method: &str, fault: Fault, always: bool) {
        if self.waiting.len() < MAX_FAULTS {
            self.waiting.push_back(Waiting { account, method: method.to_owned(), fault, always, spares });
        }
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.cleared.send_replace(());
    }

    /// Tells when they are cleared.
    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.cleared.subscribe()
    }

    /// The fault of a call. What the protocol needs to connect is spared by faults for every method.
    pub(super) fn take(&mut self, account: Option<i64>, method: &str) -> Option<Fault> {
        let spared = method == "help.getConfig";
        let at = self.waiting.iter().position(|waiting| {
            let named = waiting.method == method || (waiting.method == ANY && !spared);
            named && (waiting.account.is_none() || waiting.account == account)
        })?;
        let found = self.waiting.get_mut(at)?;
        if found.spares > 0 {
            found.spares -= 1;
            return None;
        }
        if found.always { Some(found.fault.clone()) } else { Some(self.waiting.remove(at)?.fault) }
    }
}
