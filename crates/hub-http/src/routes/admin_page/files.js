// One row in full, and what can be done about it.
import { ask } from './api.js';
import { at, badge, button, faint, facts, link, make, moment, name, onPlatform, say, sure } from './parts.js';

let changed = () => {};
export const whenChanged = (work) => { changed = work; };

// Puts a row into the dialog and opens it.
export async function open(kind, id) {
  const file = await files[kind](id);
  const dialog = at('file');
  at('file-title').replaceChildren(...[file.title].flat());
  at('file-body').replaceChildren(...file.parts.filter(Boolean));
  at('file-said').textContent = '';
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  at('file-title').focus();
}

export const close = () => at('file').close();

// Does something, says so, and shows the row as it stands now.
async function act(path, body, said, kind, id) {
  await ask('POST', path, body);
  await open(kind, id);
  say(said);
  changed();
}

const opener = (label, kind, id) => button(label, () => open(kind, id), { className: 'plain' });
const id = (text) => make('code', text);

async function user(key) {
  const { user: one, accounts } = await ask('GET', `/api/admin/users/${key}`);
  const path = `/api/admin/users/${key}`;
  const email = one.email;
  const deed = (label, question, verb, said, grave = false) => button(label, async () => {
    if (!await sure({ title: `${label}?`, text: question, verb: label, isGrave: grave })) return;
    await act(`${path}/${verb}`, {}, said, 'users', key);
  }, { className: grave ? 'grave' : '' });
  const actions = [
    one.is_active
      ? deed('Deactivate', `${email} is signed out everywhere at once and cannot sign in again. Linked accounts go on receiving.`,
        'deactivate', `${email} was deactivated.`, true)
      : deed('Reactivate', `${email} may sign in again.`, 'reactivate', `${email} may sign in again.`),
    deed('End sessions', `${email} is signed out everywhere at once and may sign in again.`, 'end-sessions',
      `All sessions of ${email} have ended.`),
    one.is_admin
      ? button('Take the role away', () => role(one, 'take-admin', `${email} is no administrator any more.`), { className: 'grave' })
      : button('Make administrator', () => role(one, 'grant-admin', `${email} is an administrator.`)),
  ];
  return {
    title: name(email),
    parts: [
      facts([
        ['State', make('span', [badge(one.is_active ? 'active' : 'deactivated'), one.is_admin ? badge('admin') : null])],
        ['Deactivated', one.deactivated_at && moment(one.deactivated_at)],
        ['Open sessions', String(one.open_sessions)],
        ['Last seen', moment(one.last_seen_at)],
        ['Registered', moment(one.created_at)],
        ['Id', id(one.id)],
      ]),
      make('p', actions, { className: 'actions' }),
      make('h3', 'Accounts'),
      accounts.length === 0 ? make('p', 'Nothing was ever linked.') : make('ul', accounts.map((account) => make('li', [
        opener(account.platform_username ?? account.platform_user_id, 'accounts', account.id),
        ` ${onPlatform(account.platform)} `, badge(account.state),
      ])), { className: 'rows' }),
      make('p', [
        link('Conversations', `#conversations?user=${encodeURIComponent(email)}`), link('Messages', `#messages?user=${encodeURIComponent(email)}`),
        link('Requests', `#usage?user=${encodeURIComponent(email)}`),
      ], { className: 'actions' }),
    ],
  };
}

// Who decides about roles shows once more who they are, when they signed in long ago.
async function role(one, verb, said) {
  const grants = verb === 'grant-admin';
  const question = {
    title: grants ? 'Make administrator?' : 'Take the role away?',
    text: grants
      ? `${one.email} will see everybody's accounts and messages and may do everything you may do here.`
      : `${one.email} will see only their own inbox. That works at once.`,
    verb: grants ? 'Make administrator' : 'Take the role away',
    isGrave: true,
  };
  const path = `/api/admin/users/${one.id}/${verb}`;
  if (!await sure(question)) return;
  try {
    await act(path, {}, said, 'users', one.id);
  } catch (error) {
    if (error.code !== 'STEP_UP_REQUIRED') throw error;
    const text = 'You signed in some time ago. Give your own password once more.';
    const given = await sure({ ...question, text, wantsPassword: true });
    if (given) await act(path, { hubPassword: given.password }, said, 'users', one.id);
  }
}

async function account(key) {
  const { account: one } = await ask('GET', `/api/admin/accounts/${key}`);
  const { channel } = one;
  const title = one.platform_username ?? one.platform_user_id;
  const away = button('Disconnect', async () => {
    const text = `The hub forgets the sign-in of ${title} and tells ${onPlatform(one.platform)}. Its conversations stay.`;
    if (!await sure({ title: 'Disconnect?', text, verb: 'Disconnect', isGrave: true })) return;
    await act(`/api/admin/accounts/${key}/disconnect`, {}, `${title} was disconnected.`, 'accounts', key);
  }, { className: 'grave' });
  return {
    title: name(title),
    parts: [
      facts([
        ['State', badge(one.state)],
        ['Since', moment(channel.since)],
        ['Last evidence', channel.evidence && `${channel.evidence.words}`],
        ['Seen', channel.evidence && moment(channel.evidence.seen_at)],
        ['Code', channel.evidence?.code],
        ['Last event', moment(channel.last_event_at)],
        ['Last call that worked', moment(channel.last_success_at)],
        ['Asked next', channel.next_probe_at && moment(channel.next_probe_at)],
        ['Platform', [onPlatform(one.platform), one.account_kind].filter(Boolean).join(', ')],
        ['Owner', opener(one.user_email, 'users', one.user_id)],
        ['Linked', moment(one.created_at)],
        ['Id at the platform', id(one.platform_user_id)],
        ['Id', id(one.id)],
      ]),
      channel.holes.length > 0 ? make('h3', 'What cannot be had any more') : null,
      channel.holes.length > 0 ? make('ul', channel.holes.map((hole) => make('li', [
        moment(hole.from), ' to ', moment(hole.until), `: ${hole.why}`,
      ])), { className: 'rows' }) : null,
      make('p', [
        one.is_active ? away : null,
        link('Conversations', `#conversations?account=${key}`), link('Messages', `#messages?account=${key}`),
      ], { className: 'actions' }),
    ],
  };
}

async function conversation(key) {
  const { conversation: one, messages } = await ask('GET', `/api/admin/conversations/${key}`);
  return {
    title: name(one.participant_name ?? one.platform_conversation_id),
    parts: [
      facts([
        ['Messages', String(messages)],
        ['Unread', String(one.unread_count)],
        ['Last message', moment(one.last_message_at)],
        ['Platform', onPlatform(one.platform)],
        ['Account', opener(one.platform_username ?? one.account_id, 'accounts', one.account_id)],
        ['Owner', opener(one.user_email, 'users', one.user_id)],
        ['Begun', moment(one.created_at)],
        ['Their id', one.participant_id && id(one.participant_id)],
        ['Id at the platform', id(one.platform_conversation_id)],
        ['Id', id(one.id)],
      ]),
      make('p', [link('Messages', `#messages?conversation=${key}`)], { className: 'actions' }),
    ],
  };
}

async function message(key) {
  const { message: one } = await ask('GET', `/api/admin/messages/${key}`);
  const files = one.attachments.map((file) =>
    make('li', [name(file.filename ?? file.kind), ` ${file.mime_type ?? ''} `, faint(file.size === null ? file.state : `${file.size} bytes, ${file.state}`)]));
  return {
    title: ['From ', name(one.sender_name ?? one.sender_id)],
    parts: [
      one.content
        ? make('blockquote', one.content, { dir: 'auto' })
        : make('p', one.summary ?? 'It has no words.', { className: 'faint' }),
      files.length > 0 ? make('ul', files, { className: 'rows' }) : null,
      facts([
        ['Direction', one.is_outgoing ? 'outgoing' : 'incoming'],
        ['Status', one.status && badge(one.status)],
        ['Why not further', one.failure],
        ['Sent', moment(one.sent_at)],
        ['Delivered', one.delivered_at && moment(one.delivered_at)],
        ['Edited', one.edited_at && moment(one.edited_at)],
        ['Taken back', one.deleted_at && moment(one.deleted_at)],
        ['Stored', moment(one.created_at)],
        ['Found by reading back', one.recovered ? 'yes' : ''],
        ['Conversation', opener(one.participant_name ?? one.conversation_id, 'conversations', one.conversation_id)],
        ['Platform', onPlatform(one.platform)],
        ['Owner', opener(one.user_email, 'users', one.user_id)],
        ['Id at the platform', id(one.platform_message_id)],
        ['Id', id(one.id)],
      ]),
    ],
  };
}

async function request(key) {
  const { row: one } = await ask('GET', `/api/admin/usage/${key}`);
  return {
    title: make('code', one.endpoint),
    parts: [
      facts([
        ['When', moment(one.timestamp)],
        ['Of', one.platform === 'api' ? 'the hub' : onPlatform(one.platform)],
        ['Times', String(one.request_count)],
        ['User', one.user_id && opener(one.user_email ?? one.user_id, 'users', one.user_id)],
        ['Account', one.account_id && opener(one.account_id, 'accounts', one.account_id)],
        ['Id', id(one.id)],
      ]),
      make('p', [one.user_id ? link('Requests of this user', `#usage?user=${encodeURIComponent(one.user_email ?? one.user_id)}`) : null], { className: 'actions' }),
    ],
  };
}

async function parked(key) {
  const { delivery: one, payload, encoding } = await ask('GET', `/api/admin/parked/${key}`);
  const again = button('Read again', async () => {
    const { delivery } = await ask('POST', `/api/admin/parked/${key}/replay`, {});
    await open('parked', key);
    say(delivery.state === 'parked' ? `It still waits: ${delivery.reason ?? 'no reason was noted'}` : 'Nothing of it waits any more.');
    changed();
  }, { className: 'go' });
  const aside = button('Put aside', async () => {
    const text = 'What waits in this delivery is never read. The delivery goes with the old ones.';
    if (!await sure({ title: 'Put aside?', text, verb: 'Put aside', isGrave: true })) return;
    await act(`/api/admin/parked/${key}/dismiss`, {}, 'It was put aside.', 'parked', key);
  }, { className: 'grave' });
  return {
    title: `Delivery of ${onPlatform(one.platform)}`,
    parts: [
      facts([
        ['State', badge(one.state)],
        ['Why it waits', one.reason],
        ['Came', moment(one.received_at)],
        ['Things in it', `${one.items}, ${one.waiting_items} waiting`],
        ['Account at the platform', one.account && id(one.account)],
        ['Id', id(one.id)],
      ]),
      make('p', one.state === 'parked' ? [again, aside] : [], { className: 'actions' }),
      make('h3', encoding === 'hex' ? 'Its bytes, in hexadecimal' : 'What it brought'),
      make('pre', make('code', payload), { tabIndex: 0 }),
    ],
  };
}

const files = { users: user, accounts: account, conversations: conversation, messages: message, usage: request, parked };
