//! Polling, for a hub that Telegram cannot call.

use super::{TelegramBot, api, mapping};
use async_trait::async_trait;
use hub_platform_kit::platform::{History, HistoryPage};
use hub_platform_kit::{Grant, Result, alone};
use serde_json::Value;
use std::time::Duration;

#[async_trait]
impl History for TelegramBot {
    async fn pull(&self, grant: &Grant, cursor: Option<&str>, wait: Duration) -> Result<HistoryPage> {
        // Asking from an offset on confirms what is below it: the page was stored before the cursor moved here.
        let offset = cursor.and_then(|cursor| cursor.parse().ok());
        let (updates, raw) = self.api.get_updates(grant.token(), offset, wait).await?;
        let highest = updates.iter().filter_map(|update| update.get("update_id").and_then(Value::as_i64)).max();
        let bot = api::bot_id(grant.token());
        Ok(HistoryPage {
            more: updates.len() >= api::PAGE,
            next: highest.map(|id| id.saturating_add(1).to_string()),
            events: updates.into_iter().map(|one| alone(|| mapping::update(one, bot), |fallen| fallen)).collect(),
            raw,
            progress: None,
        })
    }

    async fn prepare(&self, grant: &Grant) -> Result<()> {
        self.api.delete_webhook(grant.token()).await.map(|_| ())
    }
}
