//! Reading back what an account has said and heard.

use super::Instagram;
use super::door::Door;
use crate::meta::backfill::{self, Mailbox};
use async_trait::async_trait;
use hub_platform_kit::platform::{History, HistoryPage};
use hub_platform_kit::{Grant, Result};
use std::time::Duration;

#[async_trait]
impl History for Instagram {
    async fn pull(&self, grant: &Grant, cursor: Option<&str>, _wait: Duration) -> Result<HistoryPage> {
        let way = self.way(grant)?;
        let (owner, also) = match way.door {
            Door::Instagram => ("me", None),
            Door::Page => (way.owner, Some(way.owner)),
        };
        let mailbox = Mailbox {
            account: way.account,
            also,
            owner,
            platform: "instagram",
            conversation_fields: "id,updated_time,participants",
            message_fields: "id,created_time,from,to,message,attachments,reply_to,is_unsupported",
        };
        backfill::pull(way.graph, way.token, mailbox, cursor).await
    }

    /// Reading back and being called go together.
    async fn prepare(&self, _grant: &Grant) -> Result<()> {
        Ok(())
    }
}
