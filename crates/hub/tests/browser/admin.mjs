// Administers as a person would, against the demo. Every step says what it saw; a console error of the page is a failure.
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';

const env = process.env;
const { HUB_URL, HUB_DEMO_EMAIL, HUB_DEMO_PASSWORD, HUB_BROWSER, HUB_BROWSER_MODULES, SCREENSHOTS } = env;
const { chromium } = createRequire(`${HUB_BROWSER_MODULES}/`)('playwright-core');
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const BEA = 'bea@example.com';
const PASSWORD = 'correct horse battery';
// What a stranger may call themselves.
const HOSTILE = '<img src=x onerror="document.title=1"><b>Eve</b>';

let checks = 0;
const errors = [];
const check = (name, held) => { assert.ok(held, name); checks += 1; };

const browser = await chromium.launch({ executablePath: HUB_BROWSER, args: FLAGS });

async function page(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 850 }, ...options });
  const opened = await context.newPage();
  opened.setDefaultTimeout(30_000);
  opened.on('console', (line) => {
    if (line.type() === 'error') errors.push(`${line.text()} ${line.location().url}`);
  });
  opened.on('pageerror', (error) => errors.push(error.message));
  return opened;
}

const shot = (of, name) => (SCREENSHOTS ? of.screenshot({ path: `${SCREENSHOTS}/${name}.png` }) : undefined);
const title = (of, words) => of.waitForFunction((text) => document.querySelector('#title').textContent === text
  && !document.querySelector('#view').hasAttribute('aria-busy'), words);
const section = async (of, hash, words) => { await of.click(`#sections a[href="${hash}"]`); await title(of, words); };
const said = async (of, where) => { await of.waitForSelector(`${where}:not(:empty)`); return of.textContent(where); };
const told = async (of, where, words) => {
  await of.waitForFunction(([at, text]) => document.querySelector(at).textContent.includes(text), [where, words]);
  checks += 1;
};
const focused = (of) => of.evaluate(() => document.activeElement.textContent.trim());

async function signIn(of, email, password) {
  await of.goto(`${HUB_URL}/admin`);
  await of.fill('input[name=email]', email);
  await of.fill('input[name=password]', password);
  await of.keyboard.press('Enter');
}

async function post(path, body, base = HUB_URL) {
  const answer = await fetch(`${base}${path}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path} ${answer.status}`);
  return answer.json();
}

const bea = (await post('/api/auth/register', { email: BEA, password: PASSWORD })).tokens.accessToken;
const write = (id) => post('/_sim/update', {
  token: env.TELEGRAM_BOT_TOKEN,
  kind: 'message',
  content: {
    message_id: id, from: { id, is_bot: false, first_name: HOSTILE }, chat: { id, type: 'private', first_name: HOSTILE },
    date: Math.floor(Date.now() / 1000), text: HOSTILE,
  },
}, env.TELEGRAM_SIMULATOR_URL);
await write(990099);
await write(Number(env.POISON));

// Who is nobody, and who is no administrator.
const stranger = await page({ viewport: { width: 390, height: 780 } });
await signIn(stranger, BEA, 'a wrong password');
check('a wrong password is said in words', (await said(stranger, '#trouble')).includes('Invalid email or password'));
check('nothing is shown before the sign-in', await stranger.isHidden('#view') && await stranger.isHidden('#sections'));
await shot(stranger, 'sign-in-phone');
await signIn(stranger, BEA, PASSWORD);
await stranger.waitForSelector('#refused:not([hidden])');
check('who is no administrator is told how one becomes one', (await stranger.textContent('#refused')).includes(`hub admin grant ${BEA}`));
check('and sees nothing', await stranger.isHidden('#view') && await stranger.isHidden('#sections'));
await shot(stranger, 'refused-phone');
errors.length = 0; // the browser notes every 401 and 403 by itself

// The overview.
const root = await page();
await signIn(root, HUB_DEMO_EMAIL, HUB_DEMO_PASSWORD);
await title(root, 'Overview');
check('the heading is where the keyboard is', (await focused(root)) === 'Overview');
check('the overview counts', (await root.textContent('.cards')).includes('users') && (await root.locator('.states li').count()) > 0);
check('the books balance', (await root.textContent('#content')).includes('balanced'));
await shot(root, 'overview-light');

// Users: a search with the keyboard alone, a row in full, and out of it again.
await section(root, '#users', 'Users');
await root.focus('#filters input[name=search]');
await root.keyboard.type('bea@');
await root.keyboard.press('Enter');
await root.waitForFunction(() => document.querySelectorAll('#content tbody tr').length === 1);
check('a search is an address that can be kept', root.url().endsWith('#users?search=bea%40'));
await root.focus('#content tbody button');
await root.keyboard.press('Enter');
await root.waitForSelector('#file[open]');
check('a row opens', (await root.textContent('#file-title')) === BEA);
await shot(root, 'user-light');
await root.keyboard.press('Escape');
await root.waitForSelector('#file:not([open])', { state: 'attached' });
await root.waitForFunction(() => document.activeElement.closest('#content tbody'));
check('Escape closes it and leads back', (await focused(root)) === BEA);

// Deactivating: asked first, then done, and felt at once by who is signed in.
await root.keyboard.press('Enter');
await root.waitForSelector('#file[open]');
await root.click('#file button:has-text("Deactivate")');
await root.waitForSelector('#sure[open]');
await shot(root, 'sure-light');
await root.keyboard.press('Escape');
await root.waitForSelector('#sure:not([open])', { state: 'attached' });
const me = () => fetch(`${HUB_URL}/api/auth/me`, { headers: { Authorization: `Bearer ${bea}` } });
check('who thinks better of it has done nothing', (await me()).status === 200);
await root.click('#file button:has-text("Deactivate")');
await root.click('#sure-yes');
await told(root, '#file-said', 'was deactivated');
check('their session is over', (await me()).status === 401);
await root.waitForSelector('#content tbody .badge:has-text("deactivated")');
checks += 1;
await stranger.click('#refused-again');
await told(stranger, '#trouble', 'session has ended');
errors.length = 0; // that refusal was wanted
await root.click('#file button:has-text("Reactivate")');
await root.click('#sure-yes');
await root.waitForSelector('#file .badge:has-text("active")');
await root.click('#file button:has-text("Make administrator")');
await root.click('#sure-yes');
await told(root, '#file-said', 'is an administrator');
await root.click('#file-close');

// Accounts, narrowed by a choice.
await section(root, '#accounts', 'Accounts');
await root.selectOption('#filters select[name=platform]', 'telegram');
await root.waitForFunction(() => [...document.querySelectorAll('#content td[data-label=Platform]')].every((cell) => cell.textContent === 'Telegram'));
check('a choice narrows the list', (await root.locator('#content tbody tr').count()) === 2);
await shot(root, 'accounts-light');

// Messages: hostile names are words; what is said is shown to who looks for it.
await section(root, '#messages', 'Messages');
check('a list says no words', (await root.locator('#content .said').count()) === 0);
let found = 0;
for (let tries = 0; found === 0 && tries < 30; tries += 1) {
  await root.fill('#filters input[name=text]', 'ONERROR=');
  await root.keyboard.press('Enter');
  await root.waitForFunction(() => document.querySelector('#content').textContent.includes('Looked through'));
  await title(root, 'Messages');
  found = await root.locator('#content tbody tr').count();
  if (found === 0) await root.click('#filters button:has-text("Clear")');
}
check('words are found, whatever they are', (await root.textContent('#content .said')) === HOSTILE);
await root.click('#content tbody button');
await root.waitForSelector('#file[open]');
check('and shown as words', (await root.textContent('#file blockquote')) === HOSTILE);
check('nothing of them became markup', (await root.locator('img').count()) === 0 && (await root.title()) !== '1');
await shot(root, 'message-light');
await root.click('#file dd button');
await root.waitForFunction(() => !document.querySelector('#file blockquote'));
await root.click('#file a:has-text("Messages")');
await root.waitForSelector('#chips button');
check('a conversation leads to its messages', root.url().includes('#messages?conversation='));
await root.click('#chips button');
await root.waitForSelector('#chips', { state: 'hidden' });
checks += 1;
await root.goto(`${HUB_URL}/admin#messages?search=nobody-at-all`);
await root.waitForSelector('.empty');
check('an empty list says so', (await root.textContent('.empty')).includes('No message fits'));
await root.goto(`${HUB_URL}/admin#messages?user=nonsense`);
check('a wrong address is said in words', (await said(root, '#trouble')).includes('must be a valid GUID'));
errors.length = 0; // that refusal was wanted

// What could not be stored waits, is read again in vain, and is put aside.
await section(root, '#parked', 'Parked');
for (let tries = 0; tries < 30 && await root.locator('#content tbody tr').count() === 0; tries += 1) {
  await root.reload();
  await title(root, 'Parked');
}
await root.click('#content tbody button');
await root.waitForSelector('#file[open]');
check('what it brought is shown as it came', (await root.textContent('#file pre')).includes(env.POISON));
await shot(root, 'parked-light');
await root.click('#file button:has-text("Read again")');
await told(root, '#file-said', 'It still waits');
await root.click('#file button:has-text("Put aside")');
await root.click('#sure-yes');
await told(root, '#file-said', 'put aside');
await root.click('#file-close');
await root.waitForSelector('.empty');
checks += 1;

// Every section on a phone, in the dark.
const phone = await page({ viewport: { width: 390, height: 780 }, colorScheme: 'dark' });
await signIn(phone, HUB_DEMO_EMAIL, HUB_DEMO_PASSWORD);
await title(phone, 'Overview');
for (const [hash, words] of [
  ['#overview', 'Overview'], ['#users', 'Users'], ['#accounts', 'Accounts'], ['#conversations', 'Conversations'],
  ['#messages', 'Messages'], ['#usage', 'API usage'], ['#parked', 'Parked'],
]) {
  await section(phone, hash, words);
  const width = await phone.evaluate(() => document.documentElement.scrollWidth);
  check(`nothing stands out on a phone: ${words}`, width <= 390);
  await shot(phone, `${hash.slice(1)}-dark-phone`);
}
check('nothing waits in the demo', (await phone.textContent('.empty')).includes('Nothing waits'));
await section(phone, '#conversations', 'Conversations');
await phone.click('#content tbody button');
await phone.waitForSelector('#file[open]');
check('a row fits a phone', (await phone.evaluate(() => document.querySelector('#file').scrollWidth)) <= 390);
await shot(phone, 'conversation-dark-phone');
await phone.click('#file-close');
await phone.reload();
await title(phone, 'Conversations');
check('a reload stays where it was', phone.url().endsWith('#conversations'));
await phone.click('#sign-out');
await phone.waitForSelector('#sign-in:not([hidden])');
check('who signs out leaves nothing behind', (await phone.textContent('#content')) === ''
  && (await phone.evaluate(() => sessionStorage.length)) === 0);

await browser.close();
assert.deepEqual(errors, [], 'console errors of the hub');
console.log(`${checks} checks passed`);
