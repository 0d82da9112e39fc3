// Plays the front end of the originals, step by step, in a real browser. Every step says what it saw; a console error that no
// step brought about on purpose is a failure.
import { createRequire } from 'node:module';
import { createHmac } from 'node:crypto';
import assert from 'node:assert/strict';

const { HUB_URL, CONTROL_URL, ACCESS_SECRET, HUB_BROWSER, HUB_BROWSER_MODULES, SCREENSHOTS, GRACE_MS, PHONE, OTHER_PHONE, CODE, CLOUD_PASSWORD } = process.env;
const { chromium } = createRequire(`${HUB_BROWSER_MODULES}/`)('playwright-core');
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery';
const PERSON = 'Paula Person';

let checks = 0;
let errors = [];
const check = (name, held) => { assert.ok(held, name); checks += 1; };
// The browser notes every refusal by itself; what a step brought about is let go, by its status.
const wanted = (...statuses) => { errors = errors.filter((line) => !statuses.some((status) => line.includes(`status of ${status}`))); };
const none = () => assert.deepEqual(errors, [], 'console errors');

const browser = await chromium.launch({ executablePath: HUB_BROWSER, args: FLAGS });
const context = await browser.newContext({ viewport: { width: 900, height: 800 } });
const page = await context.newPage();
page.setDefaultTimeout(45_000);
page.on('console', (line) => { if (line.type() === 'error') errors.push(`${line.text()} ${line.location().url}`); });
page.on('pageerror', (error) => errors.push(error.message));
const answers = [];
page.on('response', (answer) => answers.push(`${answer.request().method()} ${new URL(answer.url()).pathname} ${answer.status()}`));

// A step that waits in vain says where the page was and what it was answered.
process.on('uncaughtExceptionMonitor', () => console.error([page.url(), ...errors, ...answers.slice(-40)].join('\n')));

const shot = (name) => (SCREENSHOTS ? page.screenshot({ path: `${SCREENSHOTS}/${name}.png` }) : undefined);
const control = async (verb, body = {}) => {
  const answer = await fetch(`${CONTROL_URL}/${verb}`, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  assert.equal(answer.status, 200, `${verb}: ${await answer.clone().text()}`);
  return answer.json();
};
const stored = (name) => page.evaluate((key) => localStorage.getItem(key), name);
const text = (selector) => page.textContent(selector);
const says = (selector, words) => page.waitForFunction(
  ([where, what]) => document.querySelector(where)?.textContent.includes(what), [selector, words]);
const submit = async (email, password) => {
  await page.fill('input[name=email]', email);
  await page.fill('input[name=password]', password);
  await page.click('form button');
};
const card = (platform, inside) => `.card[data-platform=${platform}] ${inside}`;
const counted = (start, method, path) => answers.slice(start).filter((line) => line.startsWith(`${method} ${path}`));

// 1. Registering, and still being there after a reload.
await page.goto(`${HUB_URL}/register`);
await submit(EMAIL, PASSWORD);
await page.waitForURL('**/dashboard');
await says('#email', EMAIL);
await says('main', 'Connect Accounts');
await page.reload();
await says('#email', EMAIL);
check('the address is shown after a reload', (await text('#email')) === EMAIL);
none();

// 2. Refusals in the server's words.
const fresh = await browser.newContext();
const other = await fresh.newPage();
const refusal = async (route, password, words) => {
  await other.goto(`${HUB_URL}/${route}`);
  await other.fill('input[name=email]', route === 'register' ? 'eve@example.com' : EMAIL);
  await other.fill('input[name=password]', password);
  await other.click('form button');
  await other.waitForSelector('.error');
  check(`${route}: ${words}`, (await other.textContent('.error')) === words);
};
await refusal('register', 'seven77', '"password" length must be at least 8 characters long');
await refusal('login', 'a wrong password', 'Invalid email or password');
await fresh.close();

// 3. Two cards, their sum, and a living line.
await control('seed', { token: await stored('access_token') });
await page.goto(`${HUB_URL}/dashboard`);
await says('#standing', 'Live');
await says('#total', '2');
await page.waitForFunction(() => document.querySelectorAll('.card').length === 2);
checks += 1;
check('the badge of one', (await text(card('facebook', '.badge'))) === '2');

// 4. The list of one platform.
await page.click(card('facebook', '.expand'));
await page.waitForSelector('.conversation');
const row = await text('.conversation');
check('name, time and count', row.includes(PERSON) && row.includes('2 new messages') && !row.includes('Invalid Date'));
check('no 1970', !row.includes('1970'));
await shot('dashboard');

// 5. The thread: title, words in order, marks, and the badge without a reload.
let from = answers.length;
await page.click('.conversation');
await says('#thread h2', PERSON);
await page.waitForFunction(() => document.querySelectorAll('.bubble').length === 2);
check('oldest on top, in plain words', (await page.locator('.bubble .words').allTextContents()).join('|') === 'first words|second <b>words</b>');
await says('#total', '0');
check('one mark per message', counted(from, 'PATCH', '/api/messages/').filter((line) => line.endsWith(' 200')).length === 2);
await page.waitForFunction((where) => !document.querySelector(where), card('facebook', '.badge'));
checks += 1;

// 6. A delivery appears, once.
await control('hear', { words: 'and now live' });
await says('.messages', 'and now live');
check('exactly once', (await page.locator('.bubble', { hasText: 'and now live' }).count()) === 1);
check('on the left, with a name and a time', !(await page.locator('.bubble.left').last().textContent()).includes('Invalid Date'));

// 7. An answer.
await page.fill('#text', '  Thank you & <i>goodbye</i>  ');
await page.press('#text', 'Enter');
await says('.messages', 'Thank you & <i>goodbye</i>');
const mine = page.locator('.bubble.right').last();
check('on the right, with a valid time', !(await mine.textContent()).includes('Invalid Date') && (await mine.textContent()).includes('goodbye'));
const { sent, conversations } = await control('sent');
check('the platform got it, trimmed by the page alone', sent.at(-1) === 'Thank you & <i>goodbye</i>');
check('and it stands in that conversation', conversations === 1);
check('once', (await page.locator('.bubble.right').count()) === 1);
await shot('thread');
none();

// 8. Paging back through 120.
await page.click('#close');
await control('many', { upto: 120 });
await page.reload();
await page.click(card('facebook', '.expand'));
await page.click('.conversation');
const thread = async (name) => Number(await page.getAttribute('#thread', `data-${name}`));
await page.waitForFunction(() => document.querySelector('#thread')?.dataset.pages === '1');
const loaded = [await thread('loaded')];
for (const pages of [2, 3]) {
  await page.evaluate(async () => {
    const list = document.querySelector('.messages');
    const drawn = () => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
    list.scrollTop = 200;
    await drawn();
    list.scrollTop = 0;
    await drawn();
  });
  await page.waitForFunction((wanted) => document.querySelector('#thread')?.dataset.pages === String(wanted), pages);
  loaded.push(await thread('loaded'));
}
check(`50, 50 and 20: ${loaded}`, JSON.stringify(loaded) === '[50,100,120]');
check('then there is no more', (await page.getAttribute('#thread', 'data-more')) === 'false');
check('all of them, none twice', (await page.locator('.bubble').count()) === 120);
await page.waitForLoadState('networkidle');
none();

// 9. The access token ends; the next actions renew by themselves, two at once, and again long after the first renewal.
const expire = async () => {
  const [head, body] = (await stored('access_token')).split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url'));
  const over = Buffer.from(JSON.stringify({ ...claims, exp: Math.floor(Date.now() / 1000) - 5 })).toString('base64url');
  const signature = createHmac('sha256', ACCESS_SECRET).update(`${head}.${over}`).digest('base64url');
  await page.evaluate((token) => localStorage.setItem('access_token', token), `${head}.${over}.${signature}`);
};
await page.click('#close');
for (const round of ['first', 'second']) {
  await expire();
  from = answers.length;
  await page.click(`.conversation:has-text("${PERSON}")`);
  await says('#thread h2', PERSON);
  await page.waitForFunction(() => document.querySelectorAll('.bubble').length >= 50);
  check(`${round} renewal: two at once, both good`, counted(from, 'POST', '/api/auth/refresh').every((line) => line.endsWith(' 200'))
    && counted(from, 'POST', '/api/auth/refresh').length >= 1);
  check(`${round} renewal: still signed in`, new URL(page.url()).pathname === '/dashboard' && (await stored('access_token')) !== 'undefined');
  await page.click('#close');
  // The grace of the rotated token ends; from then on only the cookie can help.
  const until = Date.now() + Number(GRACE_MS) + 500;
  await page.waitForFunction((end) => Date.now() > end, until);
}
wanted(401);
none();

// 10. Accounts: a date, and disconnecting.
await page.goto(`${HUB_URL}/accounts`);
await page.waitForSelector('li[data-platform=facebook]');
check('a valid date', (await page.locator('.since').allTextContents()).every((words) => !words.includes('Invalid Date') && !words.includes('1970')));
await page.click('li[data-platform=facebook] button');
await page.waitForFunction(() => !document.querySelector('li[data-platform=facebook]'));
await page.goto(`${HUB_URL}/dashboard`);
await page.waitForFunction(() => document.querySelectorAll('.card').length === 2);
checks += 2;
none();

// 11. Connecting: refused, then granted.
await control('dialog', { mode: 'refuse' });
await page.goto(`${HUB_URL}/accounts`);
await page.click('.connect-facebook');
await page.waitForURL('**/connect?error=*');
check('a refusal is told', (await text('#result')).includes('facebook'));
await control('dialog', { mode: 'accept' });
await page.goto(`${HUB_URL}/accounts`);
await page.click('.connect-facebook');
await page.waitForURL('**/connect?success=true*');
check('a success is told', (await text('#result')) === 'facebook is connected');
await page.waitForURL('**/accounts');
await page.waitForSelector('li[data-platform=facebook]');
checks += 1;
none();

// 12. Telegram by telephone: a wrong code, the right one, and one with a password.
const phone = async (number) => {
  await page.goto(`${HUB_URL}/accounts`);
  await page.click('.connect-telegram');
  await page.fill('input[name=phoneNumber]', number);
  await page.click('form button');
  await page.waitForSelector('input[name=phoneCode]');
};
await phone(PHONE);
await page.fill('input[name=phoneCode]', '11111');
await page.click('form button');
await page.waitForSelector('.error');
check('a wrong code is a text, and the page is still there', (await text('.error')).startsWith('Invalid verification code') && (await page.locator('form').count()) === 1);
await shot('wrong-code');
await page.fill('input[name=phoneCode]', CODE);
await page.click('form button');
await page.waitForURL('**/accounts?success=telegram');
await page.waitForFunction(() => document.querySelectorAll('li[data-platform=telegram]').length === 2);
await phone(OTHER_PHONE);
await page.fill('input[name=phoneCode]', CODE);
await page.click('form button');
await page.waitForSelector('input[name=password]');
await page.fill('input[name=password]', CLOUD_PASSWORD);
await page.click('form button');
await page.waitForURL('**/accounts?success=telegram');
await page.waitForFunction(() => document.querySelectorAll('li[data-platform=telegram]').length === 3);
checks += 2;
wanted(400);
none();

// 13. The list fails inside: a text with a retry, and the page stands.
await page.goto(`${HUB_URL}/dashboard`);
await page.waitForSelector(card('facebook', '.expand'));
await control('lose', { table: 'conversations' });
await page.click(card('facebook', '.expand'));
await page.waitForSelector(card('facebook', '.error'));
check('the failure is a text', (await text(card('facebook', '.error'))).startsWith('Failed to fetch conversations'));
check('the page stands', (await page.locator('.card').count()) === 2);
await shot('failure');
await control('mend', { table: 'conversations' });
await page.click(card('facebook', '.retry'));
await page.waitForSelector('.conversation');
checks += 1;
wanted(500);
none();

await browser.close();
console.log(`${checks} checks passed`);
