//! Deliveries that wait for an operator.

use hub_app::inbox::parked::{published_name, waiting_in};
use hub_app::{App, Parked, Receipt};
use hub_domain::{Verdict, time};
use serde::Serialize;
use utoipa::ToSchema;

/// A delivery of which something waits for an operator.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkedDelivery)]
pub(crate) struct ParkedDto {
    id: String,
    platform: String,
    /// The adapter that reads it.
    adapter: String,
    /// `parked`, `applied` or `dismissed`.
    state: &'static str,
    /// Whose it is at the platform, where that was proven.
    account: Option<String>,
    /// Why it waits.
    reason: Option<String>,
    received_at: String,
    /// How many things it says.
    items: usize,
    /// How many of them wait.
    waiting_items: i64,
}

impl ParkedDto {
    pub(crate) fn listed(app: &App, parked: &Parked) -> Self {
        Self {
            id: parked.id.to_string(),
            platform: published_name(app, &parked.platform).to_owned(),
            adapter: parked.platform.clone(),
            state: "parked",
            account: parked.account.as_ref().map(ToString::to_string),
            reason: parked.reason.clone(),
            received_at: time::to_contract(parked.received_at),
            items: parked.verdicts.len().max(1),
            waiting_items: parked.verdicts.count(Verdict::Parked).max(1),
        }
    }

    pub(crate) fn whole(app: &App, receipt: &Receipt) -> Self {
        Self {
            id: receipt.id.to_string(),
            platform: published_name(app, &receipt.platform).to_owned(),
            adapter: receipt.platform.clone(),
            state: receipt.state.as_str(),
            account: receipt.account.as_ref().map(ToString::to_string),
            reason: receipt.reason.clone(),
            received_at: time::to_contract(receipt.received_at),
            items: receipt.verdicts.len().max(1),
            waiting_items: waiting_in(receipt),
        }
    }
}
