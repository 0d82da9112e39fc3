//! WhatsApp's JSON as far as the hub reads it. Every member may be missing or odd: what cannot be read counts as missing, so
//! that a strange detail never hides the message around it.
#![allow(clippy::struct_field_names, reason = "members are named as WhatsApp names them")]

use super::lenient::{List, Maybe, Number, Whole, Word};
use serde::Deserialize;
use serde_json::Value;

/// The business number an event is for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    pub(super) phone_number_id: Word,
    pub(super) display_phone_number: Word,
}

/// Who somebody is: beside messages and statuses, matched by id.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Contact {
    pub(super) profile: Maybe<Profile>,
    pub(super) wa_id: Word,
    pub(super) user_id: Word,
    pub(super) parent_user_id: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    pub(super) name: Word,
    pub(super) username: Word,
}

/// A message, whoever sent it; also what travels like one: reactions, edits, news about a customer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) id: Word,
    #[serde(rename = "type")]
    pub(super) kind: Word,
    pub(super) timestamp: Word,
    pub(super) from: Word,
    pub(super) from_user_id: Word,
    pub(super) from_parent_user_id: Word,
    pub(super) to: Word,
    pub(super) to_user_id: Word,
    pub(super) to_parent_user_id: Word,
    pub(super) group_id: Word,
    pub(super) text: Maybe<Words>,
    pub(super) image: Maybe<MediaRef>,
    pub(super) video: Maybe<MediaRef>,
    pub(super) audio: Maybe<MediaRef>,
    pub(super) document: Maybe<MediaRef>,
    pub(super) sticker: Maybe<MediaRef>,
    pub(super) location: Maybe<Place>,
    pub(super) contacts: List<Entry>,
    pub(super) interactive: Maybe<Interactive>,
    pub(super) button: Maybe<Button>,
    pub(super) order: Maybe<Order>,
    pub(super) reaction: Maybe<Reaction>,
    pub(super) edit: Maybe<Edit>,
    pub(super) revoke: Maybe<Revoke>,
    pub(super) system: Maybe<System>,
    pub(super) unsupported: Maybe<Unsupported>,
    pub(super) errors: List<Problem>,
    pub(super) context: Maybe<Context>,
    pub(super) referral: Maybe<Referral>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Words {
    pub(super) body: Word,
}

/// A file of any kind; the kinds differ only in what they leave out.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct MediaRef {
    pub(super) id: Word,
    pub(super) mime_type: Word,
    /// Base64 here; the media endpoint writes it in hexadecimal digits.
    pub(super) sha256: Word,
    pub(super) caption: Word,
    pub(super) filename: Word,
    pub(super) voice: Maybe<bool>,
    pub(super) animated: Maybe<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    pub(super) latitude: Number,
    pub(super) longitude: Number,
    pub(super) name: Word,
    pub(super) address: Word,
    pub(super) url: Word,
}

/// An address-book entry somebody sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    pub(super) name: Maybe<EntryName>,
    pub(super) phones: List<EntryPhone>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct EntryName {
    pub(super) formatted_name: Word,
    pub(super) first_name: Word,
    pub(super) last_name: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct EntryPhone {
    pub(super) phone: Word,
    pub(super) wa_id: Word,
}

/// What somebody chose or filled in.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Interactive {
    #[serde(rename = "type")]
    pub(super) kind: Word,
    pub(super) button_reply: Maybe<Chosen>,
    pub(super) list_reply: Maybe<Chosen>,
    pub(super) nfm_reply: Maybe<Form>,
    pub(super) call_permission_reply: Maybe<CallPermission>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    pub(super) id: Word,
    pub(super) title: Word,
    pub(super) description: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    pub(super) body: Word,
    /// JSON inside a text.
    pub(super) response_json: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CallPermission {
    pub(super) response: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Button {
    pub(super) payload: Word,
    pub(super) text: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Order {
    pub(super) catalog_id: Word,
    pub(super) text: Word,
    pub(super) product_items: List<Product>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Product {
    pub(super) product_retailer_id: Word,
    pub(super) quantity: Number,
    pub(super) item_price: Number,
    pub(super) currency: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Reaction {
    pub(super) message_id: Word,
    /// Missing or empty when the reaction was taken away.
    pub(super) emoji: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Edit {
    pub(super) original_message_id: Word,
    /// The new state; read one level deep only.
    pub(super) message: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Revoke {
    pub(super) original_message_id: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct System {
    #[serde(rename = "type")]
    pub(super) kind: Word,
    pub(super) body: Word,
    pub(super) wa_id: Word,
    pub(super) user_id: Word,
    pub(super) parent_user_id: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Unsupported {
    #[serde(rename = "type")]
    pub(super) kind: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Context {
    pub(super) id: Word,
    pub(super) forwarded: Maybe<bool>,
    pub(super) frequently_forwarded: Maybe<bool>,
    pub(super) referred_product: Maybe<ReferredProduct>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ReferredProduct {
    pub(super) catalog_id: Word,
    pub(super) product_retailer_id: Word,
}

/// The advertisement that led somebody here.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Referral {
    pub(super) source_type: Word,
    pub(super) source_id: Word,
    pub(super) source_url: Word,
    pub(super) headline: Word,
    pub(super) body: Word,
    pub(super) media_type: Word,
    pub(super) ctwa_clid: Word,
}

/// What went wrong, in a webhook.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    pub(super) code: Whole,
    pub(super) title: Word,
    pub(super) message: Word,
    pub(super) error_data: Maybe<ProblemData>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ProblemData {
    pub(super) details: Word,
}

/// How far a message of the business got.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub(super) id: Word,
    pub(super) status: Word,
    pub(super) timestamp: Word,
    pub(super) recipient_id: Word,
    pub(super) recipient_user_id: Word,
    pub(super) recipient_parent_user_id: Word,
    /// The member of a group whose device reports.
    pub(super) recipient_participant_id: Word,
    pub(super) recipient_type: Word,
    pub(super) biz_opaque_callback_data: Word,
    pub(super) errors: List<Problem>,
}

/// A customer's new business-scoped id.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct UserIdUpdate {
    pub(super) wa_id: Word,
    pub(super) user_id: Maybe<Change>,
    pub(super) parent_user_id: Maybe<Change>,
    pub(super) timestamp: Word,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Change {
    pub(super) previous: Word,
    pub(super) current: Word,
}

/// An entry of the phone's address book.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct StateSync {
    pub(super) action: Word,
    pub(super) contact: Maybe<SyncedContact>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SyncedContact {
    pub(super) full_name: Word,
    pub(super) first_name: Word,
    pub(super) phone_number: Word,
    pub(super) user_id: Word,
}

/// What a customer wants to hear of.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Preference {
    pub(super) wa_id: Word,
    pub(super) user_id: Word,
    pub(super) category: Word,
    pub(super) value: Word,
    pub(super) timestamp: Word,
}

/// A telephone call.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Call {
    pub(super) id: Word,
    pub(super) from: Word,
    pub(super) from_user_id: Word,
    pub(super) to: Word,
    pub(super) to_user_id: Word,
    pub(super) event: Word,
    pub(super) direction: Word,
    pub(super) timestamp: Word,
}
