//! Marking as read.

use super::super::calls::{Caller, Refusal};
use super::changing::{affected, counted};
use super::peers;
use grammers_tl_types::{enums, functions as f};

pub(super) fn read_history(
    caller: &Caller<'_>,
    call: f::messages::ReadHistory,
) -> Result<enums::messages::AffectedMessages, Refusal> {
    let id = caller.account()?;
    let mut world = caller.world();
    let account = world.accounts.get_mut(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let place = peers::place(account, &call.peer)?;
    let Some(update) = account.read_inbox(place, call.max_id) else { return Ok(affected(account.stream.pts, 0)) };
    let (pts, pts_count) = counted(&update);
    world.publish(id, Some(caller.connection), vec![update]);
    Ok(affected(pts, pts_count))
}

pub(super) fn read_channel_history(caller: &Caller<'_>, call: f::channels::ReadHistory) -> Result<bool, Refusal> {
    let id = caller.account()?;
    let mut world = caller.world();
    let account = world.accounts.get_mut(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let place = peers::channel(account, &call.channel)?;
    if let Some(update) = account.read_inbox(place, call.max_id) {
        world.publish(id, Some(caller.connection), vec![update]);
    }
    Ok(true)
}
