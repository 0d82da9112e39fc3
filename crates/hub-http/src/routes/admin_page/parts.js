// Pieces of the page. Whatever comes from outside is set as text.
import { Refused } from './api.js';

export const at = (id) => document.getElementById(id);

export function make(tag, content = '', properties = {}) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...[content].flat().filter((one) => one !== null && one !== undefined));
  return made;
}

// A name others chose: it may not turn the text around it.
export const name = (text) => make('bdi', text ?? '');

export const faint = (text) => make('span', text, { className: 'faint' });

export function moment(text) {
  if (!text) return faint('–');
  const shown = new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return make('time', shown, { dateTime: text, title: text });
}

const TONES = {
  good: ['ok', 'sent', 'delivered', 'read', 'active', 'balanced', 'admin'],
  bad: ['needs_reauth', 'taken_over', 'permissions', 'misconfigured', 'failed', 'unconfirmed', 'deactivated'],
  odd: ['suspect', 'transient', 'rate_limited', 'catching_up', 'queued', 'sending', 'parked'],
};

const WORDS = {
  ok: 'well', catching_up: 'catching up', rate_limited: 'slowed down', transient: 'not reachable', needs_reauth: 'needs sign-in',
  permissions: 'lacks permission', misconfigured: 'wrong settings', taken_over: 'taken over', off: 'disconnected', admin: 'administrator',
};

export const words = (state) => WORDS[state] ?? state;

export function badge(state) {
  const tone = Object.keys(TONES).find((key) => TONES[key].includes(state)) ?? 'plain';
  return make('span', words(state), { className: `badge ${tone}` });
}

export function button(label, work, properties = {}) {
  const made = make('button', label, { type: 'button', ...properties });
  made.addEventListener('click', () => run(made, work));
  return made;
}

export function link(label, hash) {
  return make('a', label, { href: hash, className: 'button' });
}

// Runs what a button does, once at a time. It keeps the keyboard meanwhile, which a disabled one would lose.
export async function run(pressed, work) {
  if (pressed.ariaDisabled === 'true') return;
  pressed.ariaDisabled = 'true';
  try {
    await work();
  } catch (error) {
    trouble(error);
  } finally {
    pressed.ariaDisabled = null;
  }
}

export function say(text) {
  at('trouble').textContent = '';
  at('said').textContent = at('file').open ? '' : text;
  at('file-said').textContent = at('file').open ? text : '';
  at('file-said').classList.remove('bad');
}

let signedOut = () => {};
export const whenSignedOut = (work) => { signedOut = work; };

export function trouble(error) {
  const text = error instanceof Refused ? error.message : 'Something went wrong on this page. Please reload it.';
  if (error.code === 'SIGNED_OUT') signedOut();
  say('');
  at(at('file').open ? 'file-said' : 'trouble').textContent = text;
  at('file-said').classList.toggle('bad', at('file').open);
}

// Names of platforms for people, as the hub tells them.
const platformNames = new Map();
export function setPlatforms(all) {
  for (const one of all) platformNames.set(one.platform, platformNames.has(one.platform) ? titled(one.platform) : one.display_name);
}
export const platforms = () => [...platformNames];
export const onPlatform = (key) => platformNames.get(key) ?? key;
const titled = (key) => key.charAt(0).toUpperCase() + key.slice(1);

// A list of facts; those without a value are left out.
export function facts(pairs) {
  const list = make('dl');
  for (const [label, value] of pairs) {
    if (value === null || value === undefined || value === '') continue;
    list.append(make('div', [make('dt', label), make('dd', value)]));
  }
  return list;
}

// Asks before something is done; gives what was typed, or null.
export function sure({ title, text, verb, isGrave = false, wantsPassword = false }) {
  at('sure-title').textContent = title;
  at('sure-words').textContent = text;
  at('sure-yes').textContent = verb;
  at('sure-yes').className = isGrave ? 'grave' : 'go';
  at('sure-field').hidden = !wantsPassword;
  at('sure-password').value = '';
  at('sure-password').required = wantsPassword;
  const dialog = at('sure');
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      const password = at('sure-password').value;
      at('sure-password').value = '';
      resolve(dialog.returnValue === 'yes' ? { password } : null);
    }, { once: true });
  });
}

// A table that becomes a list of cards where there is little room; its roles stay said.
export function table(caption, columns, rows) {
  const head = make('tr', columns.map((one) => Object.assign(make('th', one.label, { scope: 'col', className: one.className ?? '' }), { role: 'columnheader' })), { role: 'row' });
  const body = make('tbody', rows, { role: 'rowgroup' });
  const made = make('table', [
    make('caption', caption),
    make('thead', head, { role: 'rowgroup' }),
    body,
  ], { role: 'table' });
  return { made, body };
}

export function tableRow(columns, item) {
  return make('tr', columns.map((column) => {
    // One piece, beside which the label finds its place on a phone.
    const cell = make('td', make('div', column.cell(item)), { role: 'cell', className: column.className ?? '' });
    cell.dataset.label = column.label;
    return cell;
  }), { role: 'row' });
}
