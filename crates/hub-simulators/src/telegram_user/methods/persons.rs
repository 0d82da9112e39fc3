//! People and chats by name and number.

use super::super::account::Account;
use super::super::calls::{Caller, Refusal};
use super::super::chats::Place;
use super::super::shapes;
use super::super::world::World;
use super::peers;
use grammers_tl_types::{enums, functions as f, types};

/// People of one call at most.
const MAX_ASKED: usize = 200;

fn owner(world: &World, id: i64) -> Result<&Account, Refusal> {
    world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))
}

pub(super) fn update_status(caller: &Caller<'_>, _: f::account::UpdateStatus) -> Result<bool, Refusal> {
    caller.account().map(|_| true)
}

pub(super) fn get_users(caller: &Caller<'_>, call: f::users::GetUsers) -> Result<Vec<enums::User>, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = owner(&world, id)?;
    let mut users = Vec::new();
    for wanted in call.id.iter().take(MAX_ASKED) {
        if let Ok(id) = peers::user(account, wanted) {
            users.extend(account.people.get(&id).map(super::super::people::Person::user));
        }
    }
    Ok(users)
}

pub(super) fn get_full_user(
    caller: &Caller<'_>,
    call: f::users::GetFullUser,
) -> Result<enums::users::UserFull, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = owner(&world, id)?;
    let wanted = peers::user(account, &call.id)?;
    let person = account.people.get(&wanted).ok_or_else(|| Refusal::bad("USER_ID_INVALID"))?;
    let photo = person.photo.and_then(|(id, _)| account.files.get(&id)).map(|file| file.photo(&account.reference()));
    let full_user = shapes::user_full(wanted, person.profile.about.clone(), photo);
    Ok(types::users::UserFull { full_user, chats: Vec::new(), users: vec![person.user()] }.into())
}

pub(super) fn resolve_username(
    caller: &Caller<'_>,
    call: f::contacts::ResolveUsername,
) -> Result<enums::contacts::ResolvedPeer, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = owner(&world, id)?;
    let named = |person: &&super::super::people::Person| {
        person.profile.username.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&call.username))
    };
    let person = account.people.values().find(named).ok_or_else(|| Refusal::bad("USERNAME_NOT_OCCUPIED"))?;
    let peer = Place::Person(person.profile.id).peer();
    Ok(types::contacts::ResolvedPeer { peer, chats: Vec::new(), users: vec![person.user()] }.into())
}

pub(super) fn get_contacts(
    caller: &Caller<'_>,
    _: f::contacts::GetContacts,
) -> Result<enums::contacts::Contacts, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = owner(&world, id)?;
    let others = || account.people.values().filter(|person| !person.is_self && !person.deleted);
    let contacts = others().map(|person| types::Contact { user_id: person.profile.id, mutual: true }.into()).collect();
    let users = others().map(super::super::people::Person::user).collect();
    Ok(types::contacts::Contacts { contacts, saved_count: 0, users }.into())
}

pub(super) fn get_user_photos(
    caller: &Caller<'_>,
    call: f::photos::GetUserPhotos,
) -> Result<enums::photos::Photos, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = owner(&world, id)?;
    let wanted = peers::user(account, &call.user_id)?;
    let person = account.people.get(&wanted).ok_or_else(|| Refusal::bad("USER_ID_INVALID"))?;
    let photo = person.photo.and_then(|(id, _)| account.files.get(&id)).map(|file| file.photo(&account.reference()));
    let photos = photo.into_iter().skip(usize::try_from(call.offset).unwrap_or_default()).collect();
    Ok(types::photos::Photos { photos, users: vec![person.user()] }.into())
}

pub(super) fn get_chats(caller: &Caller<'_>, call: f::messages::GetChats) -> Result<enums::messages::Chats, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = owner(&world, id)?;
    let known = call.id.iter().take(MAX_ASKED).filter_map(|id| account.chats.get(&Place::Group(*id))?.chat());
    Ok(types::messages::Chats { chats: known.collect() }.into())
}

pub(super) fn get_channels(
    caller: &Caller<'_>,
    call: f::channels::GetChannels,
) -> Result<enums::messages::Chats, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = owner(&world, id)?;
    let mut chats = Vec::new();
    for wanted in call.id.iter().take(MAX_ASKED) {
        let place = peers::channel(account, wanted)?;
        chats.extend(account.chats.get(&place).and_then(super::super::chats::Chat::chat));
    }
    Ok(types::messages::Chats { chats }.into())
}
