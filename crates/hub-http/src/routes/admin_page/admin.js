// The administrators' page: signs in, finds its way by the address (`#messages?status=failed`), and shows lists.
import { ask, forget, isSignedIn, signIn, signOut } from './api.js';
import * as files from './files.js';
import { overview } from './overview.js';
import { parked, readAgain } from './parked.js';
import { at, button, make, moment, run, say, setPlatforms, table, tableRow, trouble, whenSignedOut } from './parts.js';
import { sections } from './sections.js';

const lists = { ...sections, parked };
const NAMES = ['overview', ...Object.keys(lists)];
// Whose rows a list may be narrowed to; the form has no field for them.
const ONLY = { account: 'account', conversation: 'conversation' };
// Names of rows that were seen, for the list of what a list is narrowed to.
const seen = new Map();
// The newest answer counts, however late an older one comes.
let turn = 0;

function place() {
  const [section, query] = window.location.hash.slice(1).split('?');
  return { section: NAMES.includes(section) ? section : 'overview', asked: new URLSearchParams(query ?? '') };
}

function go(section, asked) {
  const query = asked.toString();
  const hash = `#${section}${query ? `?${query}` : ''}`;
  if (window.location.hash === hash) show(); else window.location.hash = hash;
}

function only(shown) {
  for (const id of ['sign-in', 'refused', 'view']) at(id).hidden = id !== shown;
  at('sections').hidden = shown !== 'view';
  at('who').hidden = shown === 'sign-in';
}

// Shows what the address says.
async function show() {
  if (!isSignedIn()) return only('sign-in');
  const mine = ++turn;
  const { section, asked } = place();
  if (at('file').open) files.close();
  drawSections(section);
  at('trouble').textContent = '';
  at('view').setAttribute('aria-busy', 'true');
  try {
    const answer = section === 'overview' ? await ask('GET', '/api/admin/overview') : await part(section, asked);
    if (mine !== turn) return undefined;
    only('view');
    const title = section === 'overview' ? 'Overview' : lists[section].title;
    document.title = `${title} – messaging-hub administration`;
    at('title').textContent = title;
    at('lead').textContent = section === 'overview' ? 'How this hub stands.' : lists[section].lead;
    drawFilters(section, asked);
    drawChips(section, asked);
    if (section === 'overview') {
      at('content').replaceChildren(...overview(answer));
      at('more').hidden = true;
    } else {
      drawList(section, asked, answer);
    }
  } catch (error) {
    if (mine !== turn) return undefined;
    if (error.status === 403) refuse(); else trouble(error);
  } finally {
    if (mine === turn) at('view').removeAttribute('aria-busy');
  }
  return undefined;
}

function refuse() {
  only('refused');
  at('refused-email').textContent = at('email').textContent;
  at('refused-title').focus();
}

// One part of a list.
function part(section, asked, after) {
  const query = new URLSearchParams();
  for (const [key, value] of asked) {
    if (!value) continue;
    const when = key === 'from' || key === 'until' ? new Date(value) : null;
    query.set(key, when && !Number.isNaN(when.valueOf()) ? when.toISOString() : value);
  }
  if (after) query.set('after', after);
  return ask('GET', `${lists[section].path}?${query}`);
}

function drawSections(current) {
  at('sections').replaceChildren(...NAMES.map((one) => {
    const label = one === 'overview' ? 'Overview' : lists[one].title;
    const made = make('a', label, { href: `#${one}` });
    if (one === current) made.setAttribute('aria-current', 'page');
    return made;
  }));
  const marked = at('sections').querySelector('[aria-current]');
  at('sections').scrollTo({ left: marked.offsetLeft - at('sections').clientWidth / 2 + marked.clientWidth / 2 });
}

function drawFilters(section, asked) {
  const form = at('filters');
  const fields = lists[section]?.filters ?? [];
  form.hidden = fields.length === 0;
  const [first, ...further] = fields.map((one) => field(one, asked.get(one.name) ?? ''));
  const unfold = make('button', 'More filters', { type: 'button', className: 'unfold' });
  // Where there is little room, only what is in use is unfolded.
  unfold.ariaExpanded = String(fields.slice(1).some((one) => asked.get(one.name)));
  unfold.addEventListener('click', () => { unfold.ariaExpanded = String(unfold.ariaExpanded !== 'true'); });
  form.replaceChildren(
    ...(first ? [first] : []),
    ...(further.length > 0 ? [unfold, make('div', further, { className: 'further' })] : []),
    make('p', [
      make('button', 'Search', { className: 'go' }),
      button('Clear', () => go(section, new URLSearchParams()), { className: 'plain' }),
    ], { className: 'actions' }),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    const wanted = new URLSearchParams();
    for (const [key, value] of new FormData(form)) if (value) wanted.set(key, value);
    for (const key of Object.keys(ONLY)) if (asked.get(key)) wanted.set(key, asked.get(key));
    go(section, wanted);
  };
}

function field(one, value) {
  const label = make('label', one.label);
  if (one.options) {
    const select = make('select', one.options().map(([key, text]) => make('option', text, { value: key })), { name: one.name });
    select.value = value;
    select.addEventListener('change', () => select.form.requestSubmit());
    label.append(select);
  } else {
    label.append(make('input', '', {
      name: one.name, type: one.type, value, placeholder: one.hint ?? '', maxLength: 200, autocomplete: 'off',
    }));
  }
  return label;
}

function drawChips(section, asked) {
  const chips = Object.keys(ONLY).filter((key) => asked.get(key)).map((key) => {
    const value = asked.get(key);
    const chip = button(`Only ${ONLY[key]} ${seen.get(value) ?? value.slice(0, 8)} ✕`, () => {
      asked.delete(key);
      go(section, asked);
    }, { className: 'chip' });
    chip.setAttribute('aria-label', `Show more than ${ONLY[key]} ${seen.get(value) ?? value}`);
    return make('li', chip);
  });
  at('chips').hidden = chips.length === 0;
  at('chips').replaceChildren(...chips);
}

function drawList(section, asked, first) {
  const list = lists[section];
  const items = (answer) => answer[section];
  const row = (item) => {
    remember(section, item);
    const [name, ...others] = list.columns;
    const opener = (one) => {
      const made = button(name.cell(one), () => files.open(section, one.id), { className: 'plain' });
      made.setAttribute('aria-haspopup', 'dialog');
      return made;
    };
    return tableRow([{ ...name, cell: opener }, ...others], item);
  };
  const { made, body } = table(list.title, list.columns, items(first).map(row));
  const tools = section === 'parked' && items(first).length > 0 ? [readAgain(asked, show)] : [];
  let opened = 0;
  const note = make('p', '', { className: 'faint', role: 'status' });
  const counted = (answer) => {
    opened += answer.opened ?? 0;
    const oldest = answer.next ? [' It stopped at ', moment(stoppedAt(answer.next)), '; older ones were not looked at yet.'] : [];
    note.replaceChildren(...(answer.opened === undefined ? [] : [`Looked through ${opened.toLocaleString()} messages.`, ...oldest]));
    const next = list.next ? list.next(answer) : answer.next;
    at('more').hidden = !next;
    at('more-button').textContent = answer.opened === undefined ? 'Show more' : 'Look further';
    at('shown').textContent = `${body.rows.length.toLocaleString()} shown`;
    at('more-button').onclick = () => run(at('more-button'), async () => {
      const mine = turn;
      const more = await part(section, asked, next);
      if (mine !== turn) return;
      const added = items(more).map(row);
      if (body.rows.length === 0 && added.length > 0) at('content').replaceChildren(...tools, note, made);
      body.append(...added);
      counted(more);
      say(`${added.length} more.`);
      added[0]?.querySelector('button')?.focus();
    });
  };
  counted(first);
  const nothing = make('p', list.empty, { className: 'empty' });
  at('content').replaceChildren(...tools, note, items(first).length > 0 ? made : nothing);
}

// The time inside a place of a list, which is written in millionths of a second.
const stoppedAt = (next) => new Date(Number(next.split('_')[0]) / 1000).toISOString();

function remember(section, item) {
  const label = lists[section].label?.(item);
  if (label) seen.set(item.id, label);
  if (item.platform_username && item.account_id) seen.set(item.account_id, item.platform_username);
  if (item.participant_name && item.conversation_id) seen.set(item.conversation_id, item.participant_name);
}

async function enter() {
  const [me, known] = await Promise.all([ask('GET', '/api/auth/me'), ask('GET', '/api/platforms')]);
  at('email').textContent = me.email;
  setPlatforms(known.platforms);
  await show();
}

function leave() {
  for (const dialog of [at('sure'), at('file')]) if (dialog.open) dialog.close();
  turn += 1;
  at('content').replaceChildren();
  at('email').textContent = '';
  seen.clear();
  only('sign-in');
}

whenSignedOut(leave);
files.whenChanged(() => { refreshRows().catch(trouble); });

// What was done to a row shows in the list behind it; how far it was unfolded is kept simple: the first part again.
async function refreshRows() {
  const { section, asked } = place();
  if (section === 'overview') return;
  const mine = turn;
  const answer = await part(section, asked);
  if (mine === turn) drawList(section, asked, answer);
}

at('skip').addEventListener('click', (event) => {
  event.preventDefault();
  at('main').focus();
});
at('file-close').addEventListener('click', files.close);
at('sign-out').addEventListener('click', () => {
  signOut();
  leave();
  say('You are signed out.');
});
at('refused-again').addEventListener('click', () => run(at('refused-again'), show));
at('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(at('sign-in')));
  run(event.submitter, async () => {
    await signIn(given);
    at('sign-in').reset();
    say('');
    await enter();
    if (!at('view').hidden) at('title').focus();
  });
});
window.addEventListener('hashchange', async () => {
  say('');
  await show();
  if (!at('view').hidden) at('title').focus();
});

if (isSignedIn()) {
  enter().catch((error) => {
    forget();
    trouble(error);
    leave();
  });
} else {
  leave();
}
