// Links accounts as a person would, against the demo's consent pages. Every step says what it saw; a console error of the hub's
// own pages is a failure.
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';

const { HUB_URL, HUB_DEMO_EMAIL, HUB_DEMO_PASSWORD, HUB_BROWSER, HUB_BROWSER_MODULES, SCREENSHOTS } = process.env;
const { chromium } = createRequire(`${HUB_BROWSER_MODULES}/`)('playwright-core');
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

let checks = 0;
const errors = [];
const check = (name, held) => { assert.ok(held, name); checks += 1; };

const browser = await chromium.launch({ executablePath: HUB_BROWSER, args: FLAGS });

async function page(options = {}) {
  const context = await browser.newContext({ viewport: { width: 900, height: 800 }, ...options });
  const opened = await context.newPage();
  opened.setDefaultTimeout(45_000);
  // The simulators' pages have no icon; what is looked at here are the hub's own.
  opened.on('console', (line) => {
    if (line.type() === 'error' && line.location().url.startsWith(HUB_URL)) errors.push(`${line.text()} ${line.location().url}`);
  });
  opened.on('pageerror', (error) => errors.push(error.message));
  return opened;
}

const shot = (of, name) => SCREENSHOTS ? of.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true }) : undefined;
const said = async (of) => { await of.waitForSelector('#said:not(:empty)'); return of.textContent('#said'); };

async function signIn(of) {
  await of.goto(`${HUB_URL}/connect`);
  await of.fill('input[name=email]', HUB_DEMO_EMAIL);
  await of.fill('input[name=password]', HUB_DEMO_PASSWORD);
  await of.keyboard.press('Enter');
  await of.waitForSelector('#accounts li');
}

const person = await page();
await person.goto(`${HUB_URL}/connect`);
await person.fill('input[name=email]', HUB_DEMO_EMAIL);
await person.fill('input[name=password]', 'a wrong password');
await person.keyboard.press('Enter');
check('a wrong password is said in words', (await said(person)).includes('Invalid email or password'));
errors.length = 0; // the browser notes every 401 by itself
await signIn(person);
check('the demo has its accounts', (await person.locator('#accounts li').count()) >= 4);
await shot(person, 'accounts');

await person.click('#platforms li:has-text("Facebook page") button');
await person.click('button[value=refuse]');
check('a refusal is said in words', (await said(person)).includes('did not allow'));

await person.click('#platforms li:has-text("Facebook page") button');
await person.click('button[value=accept]');
await person.waitForURL('**/api/oauth/continue**');
check('the page names the inbox', (await person.textContent('main')).includes(HUB_DEMO_EMAIL));
await shot(person, 'choice');
await person.check('label:has-text("Demo Bakery") input');
await person.click('button[value=link]');
check('a chosen page is linked', (await said(person)).includes('is linked'));
await person.waitForSelector('#accounts li:has-text("Demo Bakery")');
checks += 1;

await person.click('#platforms li:has-text("WhatsApp") button:has-text("Sign in")');
await person.click('button[value=accept]');
await person.waitForURL('**/api/oauth/continue**');
await person.click('button[value=cancel]');
check('a person may give up on the page', (await said(person)).includes('did not allow'));

// Somebody else's browser: the address was made for one person and opened by another.
const token = await person.evaluate(() => sessionStorage.getItem('hub_access_token'));
const answer = await fetch(`${HUB_URL}/api/oauth/connect/instagram`, { headers: { Authorization: `Bearer ${token}` } });
const { authorizationUrl } = await answer.json();
const other = await page({ viewport: { width: 390, height: 780 }, colorScheme: 'dark' });
await other.goto(authorizationUrl);
await other.click('button[value=accept]');
await other.waitForURL('**/api/oauth/continue**');
check('who did not start is asked first', (await other.textContent('main')).includes(HUB_DEMO_EMAIL));
await shot(other, 'question-dark-phone');
const width = await other.evaluate(() => document.documentElement.scrollWidth);
check('nothing stands out on a phone', width <= 390);
const stolen = await page();
await stolen.goto(other.url());
check('the question is for that browser only', (await stolen.textContent('body')).includes('INVALID_STATE'));
await stolen.close(); // a browser asks for the icon of a page without one, in its own time
errors.length = 0; // that refusal was wanted
await other.keyboard.press('Tab');
await other.keyboard.press('Enter');
await other.waitForURL('**/connect');
check('the keyboard is enough', (await said(other)).includes('is linked'));

await browser.close();
assert.deepEqual(errors, [], 'console errors of the hub');
console.log(`${checks} checks passed`);
