//! Working the simulator from Rust: who is there and what they do. `place` is always one of the account's chats; whoever acts is
//! named by id, and the account itself acts on another device of its own.

use super::account::Account;
use super::acts::{Content, Posted};
use super::chats::Place;
use super::files::{File, FileKind, NewFile};
use super::handle::{Shared, TelegramUserHandle};
use super::people::NewPerson;
use super::{seen, shapes};
use grammers_tl_types::{enums, types};

/// Photos of people lie here.
const PHOTO_DC: i32 = 2;

impl Shared {
    /// Does something to an account, and tells what happened.
    pub(super) fn act<T>(
        &self,
        account: i64,
        act: impl FnOnce(&mut Account) -> Option<(T, enums::Update)>,
    ) -> Option<T> {
        let mut world = self.world();
        let (result, update) = act(world.accounts.get_mut(&account)?)?;
        world.publish(account, None, vec![update]);
        Some(result)
    }

    /// Does something to an account that nobody is told of.
    pub(super) fn quietly<T>(&self, account: i64, act: impl FnOnce(&mut Account) -> T) -> Option<T> {
        Some(act(self.world().accounts.get_mut(&account)?))
    }

    pub(super) fn post(&self, account: i64, place: Place, from: i64, content: Content<'_>) -> Option<i32> {
        self.act(account, |owner| {
            let Posted { id, update } = owner.post(place, from, content)?;
            Some((id, update))
        })
    }

    pub(super) fn say(&self, account: i64, place: Place, from: i64, text: &str) -> Option<i32> {
        self.post(account, place, from, Content::Said(&mut |message| text.clone_into(&mut message.message)))
    }

    pub(super) fn send_file(&self, account: i64, place: Place, from: i64, file: NewFile) -> Option<i32> {
        self.act(account, |owner| {
            let caption = file.caption.clone();
            let media = owner.put_file(file);
            let mut fill = |message: &mut types::Message| {
                message.message.clone_from(&caption);
                message.media = Some(media.clone());
            };
            let Posted { id, update } = owner.post(place, from, Content::Said(&mut fill))?;
            Some((id, update))
        })
    }

    pub(super) fn edit(&self, account: i64, place: Place, id: i32, text: &str) -> bool {
        let mut change = |message: &mut types::Message| text.clone_into(&mut message.message);
        self.act(account, |owner| Some(((), owner.edit(place, id, &mut change)?))).is_some()
    }

    pub(super) fn react(&self, account: i64, place: Place, id: i32, from: i64, emoji: Option<&str>) -> bool {
        let with = emoji.map(|emoji| types::ReactionEmoji { emoticon: emoji.to_owned() }.into());
        self.act(account, |owner| Some(((), owner.react(place, id, from, with.into_iter().collect())?))).is_some()
    }

    pub(super) fn create_chat(&self, account: i64, place: Place, title: &str, broadcast: bool, members: &[i64]) {
        self.quietly(account, |owner| {
            owner.open(place, title);
            let me = owner.id;
            if let Some(chat) = owner.chats.get_mut(&place) {
                chat.broadcast = broadcast;
                chat.members.extend(members);
                chat.members.insert(me);
            }
        });
    }

    pub(super) fn put_photo(&self, account: i64, person: i64, bytes: &[u8]) {
        self.quietly(account, |owner| {
            let mut photo = NewFile::document("photo.jpg", "image/jpeg", bytes);
            photo.kind = FileKind::Photo;
            photo.dc = PHOTO_DC;
            let id = owner.put(photo).0;
            if let Some(person) = owner.people.get_mut(&person) {
                person.photo = Some((id, PHOTO_DC));
            }
        });
    }
}

impl Account {
    /// Keeps a file, and gives its id and what messages carry of it.
    fn put(&mut self, file: NewFile) -> (i64, enums::MessageMedia) {
        let (id, access_hash, date) = (self.secret(), self.secret(), super::account::now());
        let NewFile { kind, name, mime_type, bytes, dc, .. } = file;
        let file = File { id, access_hash, kind, name, mime_type, bytes, dc, date, attributes: None };
        let media = file.media(&self.reference());
        self.files.insert(id, file);
        (id, media)
    }

    fn put_file(&mut self, file: NewFile) -> enums::MessageMedia {
        self.put(file).1
    }
}

impl TelegramUserHandle {
    /// The account gets to know somebody; who is known stays as they are. Gives the private chat.
    pub fn meet(&self, account: i64, person: NewPerson) -> Place {
        let place = Place::Person(person.id);
        self.shared.quietly(account, |owner| owner.meet(person));
        place
    }

    /// A small group that the account is in.
    pub fn create_group(&self, account: i64, id: i64, title: &str, members: &[i64]) -> Place {
        self.shared.create_chat(account, Place::Group(id), title, false, members);
        Place::Group(id)
    }

    /// A supergroup that the account is in.
    pub fn create_supergroup(&self, account: i64, id: i64, title: &str, members: &[i64]) -> Place {
        self.shared.create_chat(account, Place::Channel(id), title, false, members);
        Place::Channel(id)
    }

    /// A channel that the account reads.
    pub fn create_channel(&self, account: i64, id: i64, title: &str) -> Place {
        self.shared.create_chat(account, Place::Channel(id), title, true, &[]);
        Place::Channel(id)
    }

    /// Somebody says something; gives the message's id. `None` = there is no such chat.
    pub fn says(&self, account: i64, place: Place, from: i64, text: &str) -> Option<i32> {
        self.shared.say(account, place, from, text)
    }

    /// Somebody says anything: `fill` puts members beside those that every message has.
    pub fn says_with(
        &self,
        account: i64,
        place: Place,
        from: i64,
        mut fill: impl FnMut(&mut types::Message),
    ) -> Option<i32> {
        self.shared.post(account, place, from, Content::Said(&mut fill))
    }

    /// A message that was there before anybody looked: it counts nowhere and nobody is told.
    pub fn was_said(
        &self,
        account: i64,
        place: Place,
        from: i64,
        mut fill: impl FnMut(&mut types::Message),
    ) -> Option<i32> {
        self.shared.quietly(account, |owner| owner.keep(place, from, Content::Said(&mut fill)))?
    }

    /// Something happens in a chat: somebody joins, the title changes.
    pub fn happens(&self, account: i64, place: Place, from: i64, action: &enums::MessageAction) -> Option<i32> {
        self.shared.post(account, place, from, Content::Happened(action))
    }

    /// Somebody follows a link into a chat.
    pub fn joins(&self, account: i64, place: Place, person: i64) -> Option<i32> {
        self.happens(account, place, person, &types::MessageActionChatJoinedByLink { inviter_id: account }.into())
    }

    /// Somebody sends a file.
    pub fn sends_file(&self, account: i64, place: Place, from: i64, file: NewFile) -> Option<i32> {
        self.shared.send_file(account, place, from, file)
    }

    /// Somebody sends a file that cannot be fetched.
    pub fn sends_lost_file(&self, account: i64, place: Place, from: i64, file: NewFile) -> Option<i32> {
        self.shared.act(account, |owner| {
            let (id, media) = owner.put(file);
            owner.files.remove(&id);
            let mut fill = |message: &mut types::Message| message.media = Some(media.clone());
            let Posted { id, update } = owner.post(place, from, Content::Said(&mut fill))?;
            Some((id, update))
        })
    }

    /// Somebody answers a message.
    pub fn answers(&self, account: i64, place: Place, from: i64, to: i32, text: &str) -> Option<i32> {
        self.says_with(account, place, from, |message| {
            text.clone_into(&mut message.message);
            message.reply_to = Some(shapes::reply(to));
        })
    }

    /// The account reads what is there on another device of its own, and writes.
    pub fn writes_elsewhere(&self, account: i64, place: Place, text: &str) -> Option<i32> {
        self.reads_elsewhere(account, place, 0);
        self.shared.say(account, place, account, text)
    }

    /// A message's words change; false = there is none.
    pub fn edits(&self, account: i64, place: Place, id: i32, text: &str) -> bool {
        self.shared.edit(account, place, id, text)
    }

    /// Messages are taken away; false = there are none.
    pub fn deletes(&self, account: i64, place: Place, ids: &[i32]) -> bool {
        self.shared.act(account, |owner| Some(((), owner.delete(place, ids)?))).is_some()
    }

    /// Somebody reacts with an emoji, or takes their reaction away.
    pub fn reacts(&self, account: i64, place: Place, id: i32, from: i64, emoji: Option<&str>) -> bool {
        self.shared.react(account, place, id, from, emoji)
    }

    /// The other side has read up to this message.
    pub fn reads(&self, account: i64, place: Place, up_to: i32) -> bool {
        self.shared.act(account, |owner| Some(((), owner.read_outbox(place, up_to)?))).is_some()
    }

    /// The account has read up to this message on another device of its own; 0 = all.
    pub fn reads_elsewhere(&self, account: i64, place: Place, up_to: i32) -> bool {
        self.shared.act(account, |owner| Some(((), owner.read_inbox(place, up_to)?))).is_some()
    }

    /// Somebody is writing.
    pub fn types(&self, account: i64, place: Place, from: i64) {
        self.shared.act(account, |owner| owner.chat(place).map(|_| ((), Account::typing(place, from))));
    }

    /// Somebody gets a photo.
    pub fn put_photo(&self, account: i64, person: i64, bytes: &[u8]) {
        self.shared.put_photo(account, person, bytes);
    }

    /// Somebody's account is gone.
    pub fn leaves_telegram(&self, account: i64, person: i64) {
        self.shared.quietly(account, |owner| {
            if let Some(person) = owner.people.get_mut(&person) {
                person.deleted = true;
            }
        });
    }

    /// Whether the account may write in a chat. A person who blocks it is a private chat that it may not.
    pub fn writable(&self, account: i64, place: Place, writable: bool) {
        self.shared.quietly(account, |owner| {
            if let Some(chat) = owner.chat(place) {
                chat.writable = writable;
            }
        });
    }

    /// Whether a chat is pinned, and whether it lies in the archive.
    pub fn arrange(&self, account: i64, place: Place, pinned: bool, archived: bool) {
        self.shared.quietly(account, |owner| {
            if let Some(chat) = owner.chat(place) {
                chat.pinned = pinned;
                chat.folder = archived.then_some(1);
            }
        });
    }

    /// Whether what happens in a channel is kept from being pushed, as it is for accounts that look at it seldom.
    pub fn unpushed(&self, account: i64, channel: Place, unpushed: bool) {
        self.shared.quietly(account, |owner| {
            if let Some(chat) = owner.chats.get_mut(&channel) {
                chat.unpushed = unpushed;
            }
        });
    }

    /// A small group becomes a supergroup of this id, which takes its members; both tell of it. Gives the supergroup.
    pub fn migrates(&self, account: i64, group: Place, from: i64, channel_id: i64) -> Option<Place> {
        let (title, members) = self.shared.quietly(account, |owner| {
            owner.chats.get(&group).map(|chat| (chat.title.clone(), chat.members.iter().copied().collect::<Vec<i64>>()))
        })??;
        let place = self.create_supergroup(account, channel_id, &title, &members);
        self.happens(account, group, from, &types::MessageActionChatMigrateTo { channel_id }.into())?;
        let came = types::MessageActionChannelMigrateFrom { title, chat_id: -group.id() };
        self.happens(account, place, from, &came.into())?;
        self.writable(account, group, false);
        Some(place)
    }

    /// References to files that were given out are too old from now on.
    pub fn expire_references(&self, account: i64) {
        self.shared.quietly(account, Account::expire_references);
    }

    /// The next so many acts are told to nobody, though they count.
    pub fn lose_pushes(&self, account: i64, count: usize) {
        self.shared.quietly(account, |owner| owner.lost = count);
    }

    /// What changed up to now is no longer known: who asks for it hears that it is too much. `None` = the account's own stream.
    pub fn forget_changes(&self, account: i64, channel: Option<Place>) {
        self.shared.quietly(account, |owner| match channel {
            Some(place) => {
                if let Some(chat) = owner.chats.get_mut(&place) {
                    chat.stream.forget();
                }
            }
            None => owner.stream.forget(),
        });
    }

    /// Tells the account's connections anything.
    pub fn push(&self, account: i64, updates: &enums::Updates) {
        self.shared.world().send(account, None, updates);
    }

    /// Tells the account's connections of one update, with everybody it speaks of; it counts nowhere.
    pub fn push_update(&self, account: i64, update: enums::Update) {
        let world = self.shared.world();
        if let Some(owner) = world.accounts.get(&account) {
            world.send(account, None, &seen::updates(owner, vec![update]));
        }
    }

    /// The messages of a chat, in order.
    pub fn messages(&self, account: i64, place: Place) -> Vec<enums::Message> {
        let chat = self.shared.quietly(account, |owner| owner.chats.get(&place).cloned());
        chat.flatten().map(|chat| chat.messages.into_values().collect()).unwrap_or_default()
    }

    /// Messages of others that the account has not read.
    pub fn unread(&self, account: i64, place: Place) -> i32 {
        let unread = self.shared.quietly(account, |owner| owner.chats.get(&place).map(super::chats::Chat::unread));
        unread.flatten().unwrap_or_default()
    }

    /// The content of a file, by the id that messages name it with.
    pub fn file(&self, account: i64, id: i64) -> Option<Vec<u8>> {
        self.shared.quietly(account, |owner| owner.files.get(&id).map(|file| file.bytes.clone()))?
    }

    /// A few invented people write now and then.
    pub fn trickle(&self, account: i64, every: std::time::Duration) {
        super::trickle::run(&self.shared, account, every);
    }
}
