// The library of the originals' front end as a client of Socket.IO: every transport, the change between them, and how it ends.
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';

const { HUB_URL, TOKEN, EXPIRED, OTHER_TOKEN, HUB_BROWSER_MODULES, WEBHOOK_SECRET } = process.env;
const { io } = createRequire(`${HUB_BROWSER_MODULES}/`)('socket.io-client');

let checks = 0;
let number = 100;
const check = (name, held) => { assert.ok(held, name); checks += 1; };
const patience = 20_000;
const inTime = (what, promise) => Promise.race([promise, new Promise((_, reject) => {
  setTimeout(() => reject(new Error(`in vain: ${what}`)), patience).unref();
})]);
const once = (socket, name) => inTime(name, new Promise((resolve) => { socket.once(name, (...data) => resolve(data[0])); }));

const open = (options) => io(HUB_URL, { forceNew: true, reconnection: false, ...options });
async function signedIn(token, options) {
  const socket = open(options);
  socket.heard = [];
  socket.onAny((name, data) => socket.heard.push([name, data]));
  await once(socket, 'connect');
  const told = once(socket, 'authenticated');
  socket.emit('authenticate', { token });
  socket.whoami = await told;
  return socket;
}
const words = (socket) => socket.heard.filter(([name]) => name === 'new_message').map(([, data]) => data.message.content);
const until = (what, holds) => inTime(what, new Promise((resolve) => {
  const look = () => (holds() ? resolve() : setTimeout(look, 10));
  look();
}));

// A person writes to the bot.
async function hear(text) {
  number += 1;
  const from = { id: 42, is_bot: false, first_name: 'Ada', username: 'ada_42' };
  const chat = { id: 42, type: 'private', first_name: 'Ada', username: 'ada_42' };
  const update = { update_id: number, message: { message_id: number, from, chat, date: 1767225600 + number, text } };
  const answer = await fetch(`${HUB_URL}/api/webhooks/telegram`, {
    method: 'POST', body: JSON.stringify(update),
    headers: { 'Content-Type': 'application/json', 'X-Telegram-Bot-Api-Secret-Token': WEBHOOK_SECRET },
  });
  assert.equal(answer.status, 200);
}

// Every way to be connected hears the same, in the same order, once.
const upgrading = await signedIn(TOKEN, { transports: ['polling', 'websocket'] });
const ways = {
  'long polling': await signedIn(TOKEN, { transports: ['polling'], upgrade: false }),
  'websocket first, as the front end': await signedIn(TOKEN, { transports: ['websocket', 'polling'] }),
  'polling, then websocket': upgrading,
};
await until('the transport is changed', () => upgrading.io.engine.transport.name === 'websocket');
check('polling stays polling', ways['long polling'].io.engine.transport.name === 'polling');
check('who one is', upgrading.whoami.userId && upgrading.whoami.email === 'ada@example.com');
const stranger = await signedIn(OTHER_TOKEN, { transports: ['websocket'] });
for (const text of ['one', 'two', 'three']) await hear(text);
for (const [name, socket] of Object.entries(ways)) {
  await until(name, () => words(socket).length >= 3);
  check(`${name}: in order, once`, words(socket).join() === 'one,two,three');
  check(`${name}: counts follow`, socket.heard.some(([event, data]) => event === 'unread_count_update' && typeof data.unreadCounts === 'object'));
}
check('nobody else hears', words(stranger).length === 0);

// Signing in again as somebody else moves the socket: it hears the new one only.
const moved = once(stranger, 'authenticated');
stranger.emit('authenticate', { token: TOKEN });
await moved;
await hear('four');
await until('the moved one hears', () => words(stranger).includes('four'));
ways['long polling'].heard.length = 0;
const back = once(stranger, 'authenticated');
stranger.emit('authenticate', { token: OTHER_TOKEN });
await back;
await hear('five');
await until('the others go on', () => words(ways['long polling']).includes('five'));
await hear('six');
await until('and on', () => words(ways['long polling']).includes('six'));
check('the moved one is gone', !words(stranger).includes('five'));

// Clients never choose rooms.
stranger.emit('join_room', { room: `user:${upgrading.whoami.userId}` });
stranger.emit('leave_room', 'x');
stranger.emit('something else', [1, 2, 3]);
await hear('seven');
await until('the others go on', () => words(ways['long polling']).includes('seven'));
await hear('eight');
await until('and on', () => words(ways['long polling']).includes('eight'));
check('a room cannot be chosen', !words(stranger).includes('seven') && stranger.connected);

// What is no sign-in ends the connection, and the library does not come again by itself.
for (const transports of [['websocket'], ['polling']]) {
  for (const [name, data, message] of [
    ['expired', { token: EXPIRED }, 'Access token has expired'],
    ['bad', { token: 'not.a.token' }, 'Invalid access token'],
    ['no token', {}, 'Invalid access token'],
    ['a text', 'token', 'Invalid access token'],
    ['nothing', undefined, 'Invalid access token'],
  ]) {
    const socket = open({ transports, reconnection: true });
    await once(socket, 'connect');
    const told = once(socket, 'auth_error');
    const ended = once(socket, 'disconnect');
    if (data === undefined) socket.emit('authenticate'); else socket.emit('authenticate', data);
    check(`${transports}: ${name}`, (await told).message === message);
    check(`${transports}: ${name} ends it`, (await ended) === 'io server disconnect');
    socket.close();
  }
}

// Who says nothing is shown out after ten seconds.
const silent = open({ transports: ['websocket'], reconnection: true });
await once(silent, 'connect');
const started = Date.now();
const told = await once(silent, 'auth_error');
const took = Date.now() - started;
check('silence is told', told.message === 'Authentication timeout');
check(`after ten seconds: ${took}`, took >= 9_000 && took < 15_000);
await until('and ended', () => !silent.connected);
checks += 1;
check('who signed in stays', Object.values(ways).every((socket) => socket.connected));

const health = await (await fetch(`${HUB_URL}/health`)).json();
check('counted', health.services.websocket.connections === 4 && health.services.websocket.authenticatedUsers === 2);
for (const socket of [...Object.values(ways), stranger, silent]) socket.close();
console.log(`${checks} checks passed`);
process.exit(0);
