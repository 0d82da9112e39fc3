//! What a delivery says about its accounts: they are alive, whatever it says besides.

use super::ingest::{Accounts, Effects};
use super::lane::Delivery;
use crate::{App, channels};
use hub_domain::{Account, AccountId, Evidence, EvidenceKind, Timestamp};
use hub_platform_kit::platform::Parsed;
use hub_store::{StoreError, Tx};
use std::collections::BTreeMap;

/// Notes the accounts that something arrived for. What was asked for counts only where nothing is pushed: an answer to a
/// question does not show that the platform still calls.
pub(super) async fn note(
    app: &App,
    tx: &Tx,
    accounts: &Accounts,
    delivery: &Delivery,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let pushed = delivery.pushed;
    for account in named(accounts, delivery).into_values() {
        if !pushed && (delivery.replay || channels::is_pushed(app, account)) {
            continue;
        }
        effects.heard.push((account.id, now));
        if pushed && hub_domain::channel::may_change(account.state, EvidenceKind::Arrived) {
            let evidence = Evidence::new(EvidenceKind::Arrived, "The platform delivers.", now);
            let followed = channels::apply(app, tx, account, &evidence).await?;
            effects.events.extend(followed.events);
            effects.enqueued |= followed.enqueued;
        }
    }
    Ok(())
}

/// Each account that the delivery names, once, in order of their ids.
fn named<'a>(accounts: &'a Accounts, delivery: &Delivery) -> BTreeMap<AccountId, &'a Account> {
    let ids = delivery.parsed.iter().flat_map(|parsed| match parsed {
        Parsed::Event(event) => event.accounts.as_slice(),
        Parsed::ReadBack { account, .. } => std::slice::from_ref(account),
        Parsed::Resubscribe { .. } | Parsed::Unreadable(_) => &[],
    });
    let found = ids.filter_map(|id| accounts.get(&(delivery.platform.clone(), id.as_str().to_owned())));
    found.flatten().filter(|account| delivery.is_for(account.id)).map(|account| (account.id, account)).collect()
}
