//! Reading back what a page has said and heard.

use super::Facebook;
use crate::meta::backfill::{self, Mailbox};
use async_trait::async_trait;
use hub_platform_kit::platform::{History, HistoryPage};
use hub_platform_kit::{Grant, Result};
use std::time::Duration;

#[async_trait]
impl History for Facebook {
    async fn pull(&self, grant: &Grant, cursor: Option<&str>, _wait: Duration) -> Result<HistoryPage> {
        let mailbox = Mailbox {
            account: grant.remote_id.as_str(),
            also: None,
            owner: grant.remote_id.as_str(),
            platform: "messenger",
            conversation_fields: "id,updated_time,participants,unread_count",
            message_fields: "id,created_time,from,to,message,attachments,sticker,shares,reply_to",
        };
        backfill::pull(&self.graph, grant.token(), mailbox, cursor).await
    }

    /// Reading back and being called go together.
    async fn prepare(&self, _grant: &Grant) -> Result<()> {
        Ok(())
    }
}
