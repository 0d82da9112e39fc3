// The page that links accounts. The access token lives in this tab only; whatever comes from outside is set as text.
'use strict';

const at = (id) => document.getElementById(id);
const KEY = 'hub_access_token';
let token = sessionStorage.getItem(KEY);

const make = (tag, text, properties = {}) => Object.assign(document.createElement(tag), { textContent: text }, properties);

function say(words, bad = false) {
  at('said').textContent = words;
  at('said').classList.toggle('bad', bad);
}

class Refused extends Error {
  constructor(words, code) {
    super(words);
    this.code = code;
  }
}

async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body ? { 'Content-Type': 'application/json' } : {}),
      },
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Refused('The hub cannot be reached. Check the connection and try again.');
  }
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401 && token) {
    signOut();
    throw new Refused('Your session has ended. Please sign in again.');
  }
  if (!response.ok) {
    const words = answer.error?.message ?? answer.message ?? 'That did not work. Please try again.';
    throw new Refused(words, answer.error?.code);
  }
  return answer;
}

// Runs what a button does, with the button resting meanwhile.
async function run(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    say(error instanceof Refused ? error.message : 'Something went wrong on this page. Please reload it.', true);
  } finally {
    button.disabled = false;
  }
}

function signOut() {
  token = null;
  sessionStorage.removeItem(KEY);
  at('inside').hidden = true;
  at('who').hidden = true;
  at('sign-in').hidden = false;
}

async function show() {
  const [me, accounts, platforms] = await Promise.all([
    ask('GET', '/api/auth/me'),
    ask('GET', '/api/oauth/accounts'),
    ask('GET', '/api/platforms'),
  ]);
  const names = new Map(platforms.platforms.map((one) => [one.platform, one.display_name]));
  at('email').textContent = me.email;
  at('who').hidden = false;
  at('sign-in').hidden = true;
  at('inside').hidden = false;
  const linked = accounts.accounts.filter((account) => account.is_active);
  at('none').hidden = linked.length > 0;
  at('accounts').replaceChildren(...linked.map((account) => accountRow(account, names)));
  at('platforms').replaceChildren(...platforms.platforms.flatMap(platformRows));
}

// How far the reading of what was said before has got.
function reading(progress) {
  if (!progress) return '';
  const { conversations_done: done, conversations_total: total } = progress;
  return total === null ? ', reads what was said before' : `, read ${done} of ${total} conversations so far`;
}

function accountRow(account, names) {
  const row = make('li', '');
  const name = make('span', '', { className: 'name' });
  const platform = names.get(account.platform) ?? account.platform;
  name.append(make('b', account.platform_username ?? account.platform_user_id, { dir: 'auto' }), ` · ${platform}`);
  const dead = account.health === 'needs_reauth';
  const told = dead ? 'needs a new sign-in' : `linked${reading(account.progress)}`;
  const state = make('span', told, { className: dead ? 'state bad' : 'state' });
  const away = make('button', 'Disconnect');
  away.setAttribute('aria-label', `Disconnect ${account.platform_username ?? account.platform_user_id}`);
  away.addEventListener('click', () =>
    run(away, async () => {
      const sure = `Disconnect ${account.platform_username ?? 'this account'}? Its conversations stay.`;
      if (!window.confirm(sure)) return;
      await ask('DELETE', `/api/oauth/disconnect/${account.id}`);
      say('Disconnected.');
      await show();
    }));
  row.append(name, state, away);
  return row;
}

function platformRows(platform) {
  return platform.connect.map((method) => {
    const row = make('li', '');
    row.append(make('span', platform.display_name, { className: 'name' }));
    if (platform.not_configured) {
      row.append(make('span', `not set up here: ${platform.not_configured}`, { className: 'state' }));
      return row;
    }
    const button = make('button', method.label, { className: 'go' });
    button.addEventListener('click', () =>
      run(button, () => begin(platform.platform, method.id)));
    row.append(button);
    return row;
  });
}

// What opens a whole account wants the hub's own password, when it was given long ago.
async function begin(platform, method) {
  try {
    await step(platform, { method });
  } catch (error) {
    if (error.code !== 'STEP_UP_REQUIRED') throw error;
    const fields = [{ name: 'hubPassword', label: 'Your password for this hub', secret: true }];
    form(platform, { type: 'ask', title: error.message, fields }, (answers) => ({ method, ...answers }));
  }
}

// One step of linking: a redirect, a form, a choice, or the end.
async function step(platform, body) {
  const answer = await ask('POST', `/api/oauth/connect/${platform}`, body);
  if (answer.account) {
    say(`${answer.account.platform_username ?? 'The account'} is linked.`);
    return show();
  }
  const next = answer.step;
  if (next.type === 'redirect') {
    window.location.assign(next.url);
    return undefined;
  }
  return form(platform, next, (answers) => ({ state: answer.state, answers }));
}

function form(platform, next, body) {
  at('step-title').textContent = next.title;
  at('step-problem').textContent = '';
  const fields = next.type === 'choose' ? next.options.map(option) : next.fields.map(field);
  at('step-fields').replaceChildren(...fields);
  const dialog = at('step');
  const submit = async (event) => {
    if (event.submitter?.value !== 'go') return;
    event.preventDefault();
    const answers = Object.fromEntries(new FormData(at('step-form')));
    event.submitter.disabled = true;
    try {
      await step(platform, body(answers));
      // The next step may stand in the dialog by now.
      if (at('step-form').onsubmit === submit) dialog.close();
    } catch (error) {
      at('step-problem').textContent = error instanceof Refused ? error.message : 'Something went wrong.';
    } finally {
      event.submitter.disabled = false;
    }
  };
  at('step-form').onsubmit = submit;
  if (!dialog.open) dialog.showModal();
}

function field(one) {
  const label = make('label', `${one.label} `);
  label.append(make('input', '', { name: one.name, type: one.secret ? 'password' : 'text', autocomplete: 'off' }));
  if (one.help) label.append(make('small', one.help));
  return label;
}

function option(one, number) {
  const label = make('label', '', { className: 'option' });
  label.append(
    make('input', '', { type: 'radio', name: 'choice', value: one.id, required: true, checked: number === 0 }),
    make('bdi', one.label),
  );
  return label;
}

// What the browser brought back from a platform, in words.
function returned() {
  const query = new URLSearchParams(window.location.search);
  if (query.get('success') === 'true') say('The account is linked.');
  else if (query.get('error') === 'access_denied') say('You did not allow it, so nothing was linked.', true);
  else if (query.has('error')) say(query.get('message') ?? 'The platform did not complete the connection. Please try again.', true);
  if ([...query].length > 0) window.history.replaceState(null, '', window.location.pathname);
}

at('sign-out').addEventListener('click', signOut);
at('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(at('sign-in')));
  run(event.submitter, async () => {
    const session = await ask('POST', '/api/auth/login', given);
    token = session.tokens.accessToken;
    sessionStorage.setItem(KEY, token);
    say('');
    await show();
  });
});
returned();
if (token) show().catch((error) => say(error.message, true));
else signOut();
