//! Reading what was lately said once more, beside the line's own reading and over its connection: two connections with one sign-in
//! would cost the person the sign-in.

use super::cursor::Cursor;
use super::{TelegramUser, errors, past};
use bytes::Bytes;
use grammers_tl_types as tl;
use hub_platform_kit::platform::HistoryPage;
use hub_platform_kit::{Grant, Result};

/// What was said so shortly before the reading began may be told here before the line tells it: it is news all the same, in seconds.
const STILL_NEWS: i32 = 30;

impl TelegramUser {
    /// The list of chats first, then one chat a page. What is still to be read stands in `from`, in the form of a cursor.
    pub(super) async fn once_more(&self, grant: &Grant, from: Option<&str>) -> Result<HistoryPage> {
        let line = self.lines.held(grant).await?;
        let Some(from) = from else {
            let chats = past::chats(&line.connection).await?;
            let state = line.connection.call(&tl::functions::updates::GetState {}).await;
            let tl::enums::updates::State::State(state) = state.map_err(|error| errors::meaning(&error))?;
            let mut rest = Cursor::default();
            rest.since = state.date.saturating_sub(STILL_NEWS);
            chats.note(&line.connection.session, &mut line.names(), &mut rest);
            return Ok(page(Vec::new(), Bytes::new(), &rest));
        };
        let mut rest = Cursor::read(from)?;
        let Some(unread) = rest.next_past() else { return Ok(page(Vec::new(), Bytes::new(), &rest)) };
        tokio::time::sleep(self.pace).await;
        let (events, raw) = past::chat(&line, unread, rest.since).await?;
        rest.has_read(unread.chat);
        Ok(page(events, raw, &rest))
    }
}

fn page(events: Vec<hub_platform_kit::platform::Parsed>, raw: Bytes, rest: &Cursor) -> HistoryPage {
    let next = rest.next_past().map(|_| rest.write());
    HistoryPage { events, raw, more: next.is_some(), next, progress: None }
}
