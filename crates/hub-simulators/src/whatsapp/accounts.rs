//! Business accounts and their numbers: listing, registering, subscribing.

use super::check::product;
use super::refuse::{invalid, missing, refuse};
use super::world::{Number, World};
use crate::meta::{Call, Fields, GraphError, Meta, Outcome, Wanted};
use axum::http::Method;
use serde_json::{Value, json};

/// Wrong PINs before no more are taken.
const MAX_WRONG_PINS: u32 = 5;
/// Members of a number when none are asked for.
const USUAL: &str =
    "verified_name,code_verification_status,display_phone_number,quality_rating,platform_type,throughput";

fn shown(number: &Number) -> Value {
    json!({
        "verified_name": number.verified_name, "display_phone_number": number.pretty(), "id": number.id,
        "quality_rating": "GREEN", "code_verification_status": "VERIFIED", "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"}, "name_status": "APPROVED", "account_mode": "LIVE",
        "status": if number.registered { "CONNECTED" } else { "DISCONNECTED" },
        "messaging_limit_tier": "TIER_1K", "is_official_business_account": false,
        "is_pin_enabled": number.pin.is_some(),
    })
}

/// `GET /{waba}/phone_numbers`.
pub(super) fn numbers(world: &World, meta: &Meta, call: &Call, account: &str) -> Value {
    let fields = Fields::parse(call.text("fields").as_deref(), USUAL);
    let mine = world.numbers.values().filter(|number| number.account == account);
    let items: Vec<_> = mine.map(|number| (number.id.clone(), fields.select(&shown(number)))).collect();
    meta.page(&items, &Wanted::of(call), &format!("{account}/phone_numbers"), call)
}

/// `GET /{phone}`.
pub(super) fn number(world: &World, call: &Call, id: &str) -> Outcome {
    let fields = Fields::parse(call.text("fields").as_deref(), USUAL);
    Ok(fields.select(&shown(world.number(id)?)))
}

/// `GET /{waba}`.
pub(super) fn account(world: &World, call: &Call, id: &str) -> Outcome {
    let account = world.accounts.get(id).ok_or_else(|| GraphError::missing(id))?;
    let fields = Fields::parse(call.text("fields").as_deref(), "id,name,timezone_id,message_template_namespace");
    Ok(fields.select(&json!({
        "id": account.id, "name": account.name, "timezone_id": "1", "currency": "USD",
        "message_template_namespace": "sim_namespace", "account_review_status": "APPROVED", "status": "ACTIVE",
    })))
}

/// `POST /{phone}/register`: the first registration sets the PIN, later ones must know it.
pub(super) fn register(world: &mut World, call: &Call, id: &str) -> Outcome {
    product(&call.values)?;
    let pin = call.text("pin").ok_or_else(|| missing("pin"))?;
    if pin.len() != 6 || !pin.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(invalid("Param pin must be 6 digits"));
    }
    let number = world.numbers.get_mut(id).ok_or_else(|| GraphError::missing(id))?;
    if number.wrong_pins >= MAX_WRONG_PINS {
        return Err(refuse(133_008));
    }
    match &number.pin {
        Some(known) if *known != pin => {
            number.wrong_pins += 1;
            return Err(refuse(133_005));
        }
        Some(_) => {}
        None => number.pin = Some(pin),
    }
    number.wrong_pins = 0;
    number.registered = true;
    Ok(json!({"success": true}))
}

/// `POST /{phone}/deregister`.
pub(super) fn deregister(world: &mut World, id: &str) -> Outcome {
    world.numbers.get_mut(id).ok_or_else(|| GraphError::missing(id))?.registered = false;
    Ok(json!({"success": true}))
}

/// `/{waba}/subscribed_apps`: fields are a matter of the app, only the address can be another.
pub(super) async fn subscribed_apps(meta: &Meta, call: &Call, account: &str, app: &str) -> Outcome {
    if call.method == Method::POST {
        let callback = call.text("override_callback_uri").filter(|url| !url.is_empty());
        if let Some(url) = &callback {
            meta.verify(url, &call.text("verify_token").unwrap_or_default()).await?;
        }
        meta.subscribe(account, app, Vec::new(), callback);
        return Ok(json!({"success": true}));
    }
    if call.method == Method::DELETE {
        if !meta.unsubscribe(account, app) {
            return Err(GraphError::parameter("The app is not subscribed to this account"));
        }
        return Ok(json!({"success": true}));
    }
    let apps = meta.subscribers(account).into_iter().map(|(id, name, subscribed)| {
        let link = format!("https://www.facebook.com/games/?app_id={id}");
        let mut app = json!({"whatsapp_business_api_data": {"link": link, "name": name, "id": id}});
        if let Some(callback) = subscribed.callback {
            app["override_callback_uri"] = callback.into();
        }
        app
    });
    Ok(json!({"data": apps.collect::<Vec<Value>>()}))
}
