// How the hub stands as a whole.
import { badge, faint, make, onPlatform, table, tableRow } from './parts.js';

const number = (value) => Number(value).toLocaleString();

function card(label, value, hash, note) {
  const inside = [make('b', number(value)), make('span', label), note ? make('small', note) : null];
  return make('li', hash ? make('a', inside, { href: hash }) : make('div', inside));
}

const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

export function overview(seen) {
  const { counts, jobs, sockets, ledger } = seen;
  const cards = make('ul', [
    card('users', counts.users, '#users',
      `${plural(counts.administrators, 'administrator', 'administrators')}, ${number(counts.deactivated_users)} deactivated`),
    card('accounts', counts.accounts, '#accounts', `${number(counts.active_accounts)} linked now`),
    card('conversations', counts.conversations, '#conversations'),
    card('messages', counts.messages, '#messages'),
    card('requests noted', counts.usage_rows, '#usage'),
    card('parked deliveries', seen.parked, '#parked', seen.parked > 0 ? 'wait for a decision' : 'nothing waits'),
  ], { className: 'cards' });
  const states = make('ul', seen.channels.map(({ state, count }) =>
    make('li', make('a', [badge(state), ` ${number(count)}`], { href: `#accounts?state=${state}` }))), { className: 'states' });
  const queue = make('ul', [
    ['due', jobs.waiting], ['running', jobs.active], ['due later', jobs.delayed], ['given up', jobs.failed],
    ['open sockets', sockets.connections], ['people at them', sockets.users],
  ].map(([label, value]) => make('li', [make('b', number(value)), ` ${label}`])), { className: 'states' });
  const late = jobs.oldest_due_seconds > 60
    ? make('p', `The oldest job has been due for ${number(Math.round(jobs.oldest_due_seconds / 60))} minutes: is a worker running?`, { className: 'warning' })
    : null;
  return [
    cards,
    make('h2', 'Channels of linked accounts'),
    seen.channels.length > 0 ? states : make('p', 'Nothing is linked.'),
    make('h2', 'Work'), queue, late,
    make('h2', ['Books ', ledger.balanced ? badge('balanced') : make('span', 'do not balance', { className: 'badge bad' })]),
    books(ledger),
    make('p', faint(`messaging-hub ${seen.version}`)),
  ].filter(Boolean);
}

const COLUMNS = [
  { label: 'Platform', cell: (book) => onPlatform(book.platform) },
  { label: 'Balance', cell: (book) => (book.balanced ? badge('balanced') : make('span', missing(book), { className: 'badge bad' })) },
  ...[['Came in', 'received'], ['Applied', 'applied'], ['Known', 'known'], ['Ignored', 'ignored'], ['Parked', 'parked'],
    ['To be sent', 'sent'], ['Taken', 'taken'], ['Failed', 'failed'], ['Unconfirmed', 'unconfirmed'], ['Under way', 'open']]
    .map(([label, key]) => ({ label, cell: (book) => number(book.counts[key]), className: 'number' })),
];

const missing = ({ missing: { inbound, outbound } }) => `${number(inbound)} in, ${number(outbound)} out missing`;

function books(ledger) {
  if (ledger.platforms.length === 0) return make('p', 'Nothing has come in or gone out yet.');
  return table('What came in and went out, by platform', COLUMNS, ledger.platforms.map((book) => tableRow(COLUMNS, book))).made;
}
