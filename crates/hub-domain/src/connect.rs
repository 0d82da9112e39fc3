//! Linking an account, as data: one screen and one pair of use cases serve redirects, forms and dialogues alike.

use crate::RemoteAccountId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the person must do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Step {
    /// Go to this address; the platform sends the browser back.
    Redirect {
        /// Where to.
        url: String,
    },
    /// Fill these fields.
    Ask {
        /// What to say above the form.
        title: String,
        /// The fields, in order.
        fields: Vec<Field>,
    },
    /// Pick one.
    Choose {
        /// What to say above the list.
        title: String,
        /// What there is to choose from.
        options: Vec<Choice>,
    },
}

/// One field of an [`Step::Ask`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Key in the answers.
    pub name: String,
    /// Words beside the box.
    pub label: String,
    /// Help below the box.
    pub help: Option<String>,
    /// Hide what is typed.
    pub secret: bool,
}

/// One option of a [`Step::Choose`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The answer's value, under the key `choice`.
    pub id: String,
    /// Words to show.
    pub label: String,
}

/// What came back from the person or their browser: form answers or redirect parameters.
pub type Answers = BTreeMap<String, String>;

/// Who was linked. Tokens travel beside it, never inside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedIdentity {
    /// The account's id at the platform.
    pub remote_id: RemoteAccountId,
    /// The account's name there.
    pub username: Option<String>,
    /// A larger thing there that events may name instead of the account, such as a business with several numbers.
    pub group: Option<RemoteAccountId>,
    /// Whose permission the account hangs on. Accounts with the same one lose it together, so it is only taken back with
    /// the last of them.
    pub grantor: Option<String>,
    /// What the adapter wants to be told at every call: ids, the way in. No secrets; `Null` when there is nothing.
    pub facts: Value,
}
