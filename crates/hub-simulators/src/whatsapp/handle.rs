//! Starting the simulator, and working it from Rust.

use super::calls::{Desk, MANAGEMENT, MANNERS, MESSAGING};
use super::echoes::HistoryThread;
use super::fields::{self, MESSAGES};
use super::inbound::{self, Inbound};
use super::media::{self, Attachment};
use super::person::Person;
use super::refuse::refuse;
use super::statuses::{Status, StatusScript};
use super::templates::Template;
use super::trickle;
use super::world::{Kept, Sent, World};
use super::{WhatsAppOptions, control};
use crate::meta::{Fault, Meta, TokenKind, serve};
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpListener;

/// A running simulator. Ends when dropped.
#[derive(Debug)]
pub struct WhatsAppHandle {
    desk: Desk,
}

impl Drop for WhatsAppHandle {
    fn drop(&mut self) {
        self.desk.meta.stop();
    }
}

/// Starts the simulator on loopback.
pub async fn start(options: WhatsAppOptions) -> std::io::Result<WhatsAppHandle> {
    let listener = TcpListener::bind(("127.0.0.1", options.meta.port)).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let meta = Meta::new(options.meta.clone(), &base_url, MANNERS)?;
    let desk = Desk::new(meta, World::new(options));
    serve(listener, desk.clone(), control::routes());
    Ok(WhatsAppHandle { desk })
}

impl Desk {
    /// Somebody writes; gives the message's id.
    pub(super) fn write(&self, number: &str, who: &str, message: &Inbound) -> Option<String> {
        let now = self.meta.now_ms();
        let (account, id, value) = {
            let mut world = self.world();
            let person = world.somebody(who);
            let (id, value) = inbound::write(&mut world, number, person, message, now).ok()?;
            (world.number(number).ok()?.account.clone(), id, value)
        };
        self.tell(&account, MESSAGES, &value);
        Some(id)
    }

    /// Somebody sends a file; gives the message's id.
    pub(super) fn attach(&self, number: &str, who: &str, file: &Attachment) -> Option<String> {
        self.attach_and(number, who, file, |_, _| {})
    }

    /// The same, and something happens to the file, which is named by its id, before anybody is told.
    fn attach_and(
        &self,
        number: &str,
        who: &str,
        file: &Attachment,
        then: impl FnOnce(&mut World, &str),
    ) -> Option<String> {
        let now = self.meta.now_ms();
        let content = {
            let mut world = self.world();
            let content = media::attach(&mut world, &self.meta, number, file, now);
            then(&mut world, content["id"].as_str().unwrap_or_default());
            content
        };
        self.write(number, who, &Inbound::new(&file.kind, content))
    }

    /// The next calls of an endpoint are refused with a code of WhatsApp's, with its own words and status.
    pub(super) fn refuse_next(&self, endpoint: &str, code: i64, times: usize) {
        let error = refuse(code);
        for _ in 0..times {
            let body = error.body().to_string().into();
            let fault = Fault::Raw { status: error.status, headers: Vec::new(), body };
            self.meta.fault(endpoint, fault);
        }
    }
}

impl WhatsAppHandle {
    /// Its address.
    pub fn base_url(&self) -> &str {
        self.desk.meta.base_url()
    }

    /// The shared half: apps, logins, tokens, webhooks, faults, clock, log.
    pub fn meta(&self) -> &Meta {
        &self.desk.meta
    }

    /// Adds a business account with its sample template.
    pub fn add_account(&self, id: &str, name: &str) {
        self.desk.world().add_account(id, name);
    }

    /// Adds a registered number to an account, which is made where it is not there.
    pub fn add_number(&self, account: &str, id: &str, display: &str, verified_name: &str) {
        self.desk.world().add_number(account, id, display, verified_name);
    }

    /// A token of the business for one account, without an end.
    pub fn business_token(&self, app: &str, account: &str) -> String {
        let scopes = [MANAGEMENT, MESSAGING];
        self.desk.meta.token_for(TokenKind::System, app, &format!("9{account}"), &scopes, &[account]).value
    }

    /// A customer went through the popup of the embedded sign-up: the code that its page hands to the server.
    pub fn embedded_signup(&self, app: &str, account: &str) -> String {
        self.desk.embedded_signup(app, account)
    }

    /// Adds somebody, or changes what is known of whoever has one of the ids.
    pub fn put_person(&self, person: Person) {
        self.desk.world().put_person(person);
    }

    /// Somebody says something; gives the message's id, or `None` where there is no such number.
    pub fn say(&self, number: &str, who: &str, words: &str) -> Option<String> {
        self.desk.write(number, who, &Inbound::text(words))
    }

    /// Somebody writes anything.
    pub fn write(&self, number: &str, who: &str, message: &Inbound) -> Option<String> {
        self.desk.write(number, who, message)
    }

    /// Somebody sends a file.
    pub fn attach(&self, number: &str, who: &str, file: &Attachment) -> Option<String> {
        self.desk.attach(number, who, file)
    }

    /// Somebody sends a file that is gone before it can be fetched.
    pub fn attach_lost(&self, number: &str, who: &str, file: &Attachment) -> Option<String> {
        self.desk.attach_and(number, who, file, |world, id| {
            world.media.remove(id);
        })
    }

    /// Somebody sends a file, and other bytes can be fetched in its place.
    pub fn attach_swapped(&self, number: &str, who: &str, file: &Attachment, bytes: &[u8]) -> Option<String> {
        self.desk.attach_and(number, who, file, |world, id| {
            if let Some(media) = world.media.get_mut(id) {
                media.bytes = bytes.to_vec().into();
            }
        })
    }

    /// Somebody wrote a message of this id, in Unix milliseconds, and whoever calls this tells of it: it can be answered.
    pub fn note_message(&self, number: &str, who: &str, id: &str, at: i64) {
        let mut world = self.desk.world();
        let person = world.somebody(who);
        let kept = Kept { person, by_business: false, read: false, content: Value::Null };
        world.keep(number, id, kept);
        let chat = world.chat(number, person);
        chat.last_inbound = chat.last_inbound.max(Some(at));
    }

    /// The size of a file that messages can name, in bytes.
    pub fn media_size(&self, id: &str) -> Option<usize> {
        self.desk.world().media.get(id).map(|media| media.bytes.len())
    }

    /// The business writes on its phone (coexistence).
    pub fn echo(&self, number: &str, who: &str, message: &Inbound) -> Option<String> {
        self.desk.echo(number, who, message)
    }

    /// One chunk of what was said before the number was connected: phase 0 to 2, its place, percent done.
    pub fn history(&self, number: &str, phase: u8, chunk: u32, progress: u8, threads: &[HistoryThread]) -> bool {
        self.desk.history(number, phase, chunk, progress, threads)
    }

    /// The business does not share what was said before.
    pub fn history_declined(&self, number: &str) -> bool {
        self.desk.history_declined(number)
    }

    /// Changes of the phone's address book: name, number, `add` or `remove`.
    pub fn state_sync(&self, number: &str, entries: &[(&str, &str, &str)]) -> bool {
        self.desk.state_sync(number, entries)
    }

    /// Somebody has another number from now on.
    pub fn change_number(&self, number: &str, who: &str, new: &str) -> Option<String> {
        self.desk.number_changed(number, who, new)
    }

    /// Somebody has another id at this business from now on.
    pub fn change_user_id(&self, number: &str, who: &str, new: &str) -> Option<String> {
        self.desk.user_id_changed(number, who, new)
    }

    /// Somebody's phone may be another's now.
    pub fn change_identity(&self, number: &str, who: &str, hash: &str) -> Option<String> {
        self.desk.identity_changed(number, who, hash)
    }

    /// Which statuses follow every send from now on.
    pub fn statuses(&self, script: StatusScript) {
        self.desk.world().statuses = script;
    }

    /// Which statuses follow the next send; several calls are used up in order.
    pub fn next_statuses(&self, script: StatusScript) {
        self.desk.world().next_statuses.push_back(script);
    }

    /// One more status of a message that was sent; tells whether there is such a message.
    pub fn status(&self, message: &str, status: Status) -> bool {
        let fate = self.desk.world().fate(message);
        fate.is_some_and(|fate| {
            self.desk.tell_status(&fate, status);
            true
        })
    }

    /// Somebody takes nothing from a number any longer, or again: sends to them fail later with 131026.
    pub fn block(&self, number: &str, who: &str, blocked: bool) {
        let mut world = self.desk.world();
        let person = world.somebody(who);
        world.chat(number, person).blocked = blocked;
    }

    /// The next sends to somebody are too fast (131056); others are not touched.
    pub fn too_fast(&self, number: &str, who: &str, times: u32) {
        let mut world = self.desk.world();
        let person = world.somebody(who);
        world.chat(number, person).too_fast = times;
    }

    /// The next calls of an endpoint (`messages`, `media`, `register`, …) are refused with a code of WhatsApp's.
    pub fn refuse(&self, endpoint: &str, code: i64, times: usize) {
        self.desk.refuse_next(endpoint, code, times);
    }

    /// Sets whether a number is registered, and its PIN.
    pub fn set_registration(&self, number: &str, registered: bool, pin: Option<&str>) {
        if let Some(line) = self.desk.world().numbers.get_mut(number) {
            line.registered = registered;
            line.pin = pin.map(str::to_owned);
            line.wrong_pins = 0;
        }
    }

    /// Whether a number is registered.
    pub fn is_registered(&self, number: &str) -> bool {
        self.desk.world().numbers.get(number).is_some_and(|line| line.registered)
    }

    /// Adds an approved template with these components; a send of it is answered with `accepted`.
    pub fn add_template(
        &self,
        account: &str,
        name: &str,
        language: &str,
        category: &str,
        components: &[Value],
    ) -> bool {
        let mut world = self.desk.world();
        let id = world.new_id();
        let Some(known) = world.accounts.get_mut(account) else { return false };
        known.templates.retain(|template| template.name != name || template.language != language);
        known.templates.push(Template {
            id,
            name: name.to_owned(),
            language: language.to_owned(),
            category: category.to_owned(),
            status: "APPROVED".to_owned(),
            components: components.to_vec(),
            sends_as: "accepted".to_owned(),
        });
        true
    }

    /// What sends of a template are answered with: `accepted`, `held_for_quality_assessment`, `paused`.
    pub fn template_sends_as(&self, account: &str, name: &str, message_status: &str) {
        if let Some(known) = self.desk.world().accounts.get_mut(account) {
            let named = known.templates.iter_mut().filter(|template| template.name == name);
            named.for_each(|template| message_status.clone_into(&mut template.sends_as));
        }
    }

    /// A template's review ended, or it was paused; the account's apps are told.
    pub fn template_status(&self, account: &str, name: &str, language: &str, status: &str, reason: &str) -> bool {
        self.desk.template_status(account, name, language, status, reason)
    }

    /// Something happened to an account, such as `DISABLED_UPDATE`, with further members.
    pub fn account_update(&self, account: &str, event: &str, more: &Value) {
        self.desk.account_update(account, event, more);
    }

    /// Something went wrong at a number that belongs to no message.
    pub fn number_error(&self, number: &str, code: i64) -> bool {
        self.desk.number_error(number, code)
    }

    /// Tells any value of a field that WhatsApp has; tells whether it has it.
    pub fn tell(&self, account: &str, field: &str, value: &Value) -> bool {
        fields::named(field).is_some_and(|field| {
            self.desk.tell(account, field, value);
            true
        })
    }

    /// What a number sent, in order.
    pub fn sent(&self, number: &str) -> Vec<Sent> {
        self.desk.world().sent.iter().filter(|sent| sent.phone_number_id == number).cloned().collect()
    }

    /// A few invented people write, send files, react and read now and then, and answer when they are written to.
    pub fn trickle(&self, number: &str, every: Duration) {
        self.desk.world().statuses = trickle::script();
        trickle::start(&self.desk, number, every);
    }

    /// Ends every task.
    pub async fn shutdown(&self) {
        self.desk.meta.shutdown().await;
    }
}
