//! What a message says.

use super::super::lenient::Maybe;
use super::super::wire::{Context, Entry, Interactive, MediaRef, Message, Order, Place, Referral};
use super::usable;
use hub_domain::content::{Location, SharedContact};
use hub_domain::{Attachment, AttachmentId, AttachmentState, Content, ContentKind, Details};
use serde_json::{Map, Value, json};

/// Address-book entries kept per message.
const MAX_ENTRIES: usize = 100;
/// Ordered goods kept per message.
const MAX_PRODUCTS: usize = 100;
/// Characters kept of a name of content the hub cannot show.
const MAX_KIND_CHARS: usize = 64;
/// The media was larger than WhatsApp hands on.
const MEDIA_TOO_LARGE: i64 = 131_052;

/// What the message says; anything unknown is shown by name.
pub(super) fn content(message: &Message) -> Content {
    let mut extra = extra(message);
    let kind = message.kind.as_deref().unwrap_or_default();
    let said = match kind {
        "text" => message.text.as_ref().and_then(|text| text.body.clone().take()).map(|words| Said::words(Some(words))),
        "image" => file(&message.image, ContentKind::Image),
        "video" => file(&message.video, ContentKind::Video),
        "audio" => file(&message.audio, ContentKind::Audio),
        "document" => file(&message.document, ContentKind::File),
        "sticker" => file(&message.sticker, ContentKind::Sticker),
        "location" => message.location.as_ref().and_then(|place| location(place, &mut extra)),
        "contacts" => entries(&message.contacts),
        "interactive" => message.interactive.as_ref().and_then(|chosen| interactive(chosen, &mut extra)),
        "button" => message.button.as_ref().map(|button| {
            put(&mut extra, "button_payload", button.payload.as_deref());
            Said::words(button.text.clone().take())
        }),
        "order" => message.order.as_ref().map(|goods| order(goods, &mut extra)),
        _ => None,
    };
    let said = said.unwrap_or_else(|| Said {
        kind: ContentKind::Unsupported,
        details: Details { unsupported: Some(name_of(message)), ..Details::default() },
        ..Said::words(None)
    });
    Content {
        kind: said.kind,
        text: said.text.filter(|text| !text.is_empty()),
        attachments: said.attachments,
        details: Details { extra, ..said.details },
    }
}

/// The message it answers. A question about a product points at no message of ours.
pub(super) fn answered(message: &Message) -> Option<String> {
    let context = message.context.as_ref().filter(|context| context.referred_product.is_none())?;
    context.id.clone().take()
}

struct Said {
    kind: ContentKind,
    text: Option<String>,
    attachments: Vec<Attachment>,
    details: Details,
}

impl Said {
    fn words(text: Option<String>) -> Self {
        Self { kind: ContentKind::Text, text, attachments: Vec::new(), details: Details::default() }
    }
}

/// A file with its caption. Without an id there is nothing to fetch, but an edited caption still says something.
fn file(media: &Maybe<MediaRef>, kind: ContentKind) -> Option<Said> {
    let media = media.as_ref()?;
    let id = usable(media.id.clone().take());
    if id.is_none() && media.caption.is_none() {
        return None;
    }
    let flavour = match (*media.voice, *media.animated) {
        (Some(true), _) => Some("voice"),
        (_, Some(true)) => Some("animated"),
        _ => None,
    };
    let attachment = id.map(|id| Attachment {
        id: new_attachment_id(),
        kind,
        remote_ref: id,
        remote_unique_ref: usable(media.sha256.clone().take()),
        mime_type: media.mime_type.clone().take(),
        file_name: media.filename.clone().take(),
        size: None,
        width: None,
        height: None,
        duration_s: None,
        flavour: flavour.map(str::to_owned),
        state: AttachmentState::Pending,
    });
    let attachments = attachment.into_iter().collect();
    Some(Said { kind, attachments, ..Said::words(media.caption.clone().take()) })
}

/// A fresh id: a link to the file can exist before its bytes do.
#[allow(clippy::disallowed_methods, reason = "the clock of the use cases cannot be reached from here")]
fn new_attachment_id() -> AttachmentId {
    AttachmentId(uuid::Uuid::now_v7())
}

fn location(place: &Place, extra: &mut Map<String, Value>) -> Option<Said> {
    let place_of = Location {
        latitude: (*place.latitude)?,
        longitude: (*place.longitude)?,
        name: place.name.clone().take(),
        address: place.address.clone().take(),
    };
    if let Some(url) = place.url.as_deref() {
        extra.insert("link".to_owned(), json!({ "url": url, "title": place.name.as_deref() }));
    }
    let details = Details { location: Some(place_of), ..Details::default() };
    Some(Said { kind: ContentKind::Location, details, ..Said::words(None) })
}

/// One entry per telephone number, so that none is lost.
fn entries(contacts: &[Entry]) -> Option<Said> {
    let shared_contacts: Vec<SharedContact> = contacts.iter().flat_map(entry).take(MAX_ENTRIES).collect();
    let details = Details { shared_contacts, ..Details::default() };
    let said = Said { kind: ContentKind::Contacts, details, ..Said::words(None) };
    (!said.details.shared_contacts.is_empty()).then_some(said)
}

fn entry(contact: &Entry) -> Vec<SharedContact> {
    let name = contact.name.as_ref();
    let first_and_last = || {
        let parts = [name?.first_name.as_deref(), name?.last_name.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let name = name.and_then(|name| name.formatted_name.clone().take()).or_else(first_and_last);
    let named = |phone: Option<&str>, user_id: Option<&str>| SharedContact {
        name: name.as_deref().or(phone).unwrap_or("Unknown").to_owned(),
        phone: phone.map(str::to_owned),
        user_id: user_id.map(str::to_owned),
    };
    if contact.phones.is_empty() {
        return vec![named(None, None)];
    }
    contact.phones.iter().take(MAX_ENTRIES).map(|one| named(one.phone.as_deref(), one.wa_id.as_deref())).collect()
}

/// What somebody chose speaks with the words that stood on it.
fn interactive(chosen: &Interactive, extra: &mut Map<String, Value>) -> Option<Said> {
    put(extra, "interactive", chosen.kind.as_deref());
    if let Some(reply) = chosen.button_reply.as_ref().or(chosen.list_reply.as_ref()) {
        put(extra, "id", reply.id.as_deref());
        put(extra, "description", reply.description.as_deref());
        return Some(Said::words(reply.title.clone().take()));
    }
    if let Some(form) = chosen.nfm_reply.as_ref() {
        let answers = form.response_json.as_deref().and_then(|json| serde_json::from_str::<Map<_, _>>(json).ok());
        if let Some(answers) = answers {
            extra.insert("form".to_owned(), Value::Object(answers));
        }
        return Some(Said::words(form.body.clone().take()));
    }
    let permission = chosen.call_permission_reply.as_ref()?;
    put(extra, "call_permission", permission.response.as_deref());
    None
}

fn order(goods: &Order, extra: &mut Map<String, Value>) -> Said {
    let products: Vec<Value> = goods
        .product_items
        .iter()
        .take(MAX_PRODUCTS)
        .map(|item| {
            json!({
                "product_id": item.product_retailer_id.as_deref(),
                "quantity": *item.quantity,
                "price": *item.item_price,
                "currency": item.currency.as_deref(),
            })
        })
        .collect();
    let currency = goods.product_items.iter().find_map(|item| item.currency.as_deref());
    let summary = json!({
        "items": goods.product_items.len(),
        "currency": currency,
        "catalog_id": goods.catalog_id.as_deref(),
        "products": products,
    });
    extra.insert("order".to_owned(), summary);
    Said { kind: ContentKind::Order, ..Said::words(goods.text.clone().take()) }
}

/// What stands beside the content.
fn extra(message: &Message) -> Map<String, Value> {
    let mut extra = Map::new();
    if let Some(context) = message.context.as_ref() {
        context_of(context, &mut extra);
    }
    if let Some(referral) = message.referral.as_ref() {
        extra.insert("referral".to_owned(), advertisement(referral));
    }
    if let Some(code) = message.errors.first().and_then(|problem| *problem.code) {
        extra.insert("error_code".to_owned(), code.into());
    }
    extra
}

fn context_of(context: &Context, extra: &mut Map<String, Value>) {
    let often = *context.frequently_forwarded == Some(true);
    if often || *context.forwarded == Some(true) {
        extra.insert("forwarded".to_owned(), true.into());
    }
    if often {
        extra.insert("frequently_forwarded".to_owned(), true.into());
    }
    if let Some(product) = context.referred_product.as_ref() {
        let (catalog, product) = (product.catalog_id.as_deref(), product.product_retailer_id.as_deref());
        extra.insert("product".to_owned(), json!({ "catalog_id": catalog, "product_id": product }));
    }
}

fn advertisement(referral: &Referral) -> Value {
    let mut about = Map::new();
    put(&mut about, "source", referral.source_type.as_deref());
    put(&mut about, "ad_id", referral.source_id.as_deref());
    put(&mut about, "url", referral.source_url.as_deref());
    put(&mut about, "title", referral.headline.as_deref());
    put(&mut about, "text", referral.body.as_deref());
    put(&mut about, "media_type", referral.media_type.as_deref());
    put(&mut about, "click_id", referral.ctwa_clid.as_deref());
    Value::Object(about)
}

fn put(into: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        into.insert(name.to_owned(), text.into());
    }
}

/// The platform's name of content the hub cannot show.
fn name_of(message: &Message) -> String {
    let named = message.unsupported.as_ref().and_then(|unsupported| unsupported.kind.as_deref());
    let chosen = message.interactive.as_ref().and_then(|chosen| chosen.kind.as_deref());
    let too_large = message.errors.iter().any(|problem| *problem.code == Some(MEDIA_TOO_LARGE));
    let name = match named {
        Some(name) => name,
        None if too_large => "media_too_large",
        None => chosen.or(message.kind.as_deref()).unwrap_or("unknown"),
    };
    name.chars().filter(|c| !c.is_control()).take(MAX_KIND_CHARS).collect()
}
