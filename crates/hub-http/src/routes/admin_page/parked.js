// Deliveries that wait for somebody to decide.
import { ask } from './api.js';
import { badge, button, faint, make, moment, onPlatform, say, sure } from './parts.js';
import { platform } from './sections.js';

export const parked = {
  title: 'Parked',
  lead: 'Deliveries of which something could not be read, the oldest first. They are kept until they are read again or put aside.',
  path: '/api/admin/parked',
  empty: 'Nothing waits. Whatever the platforms said could be read.',
  filters: [
    platform,
    { name: 'reason', label: 'Reason', type: 'search', hint: 'exactly as it stands below' },
  ],
  columns: [
    { label: 'Delivery of', cell: (row) => onPlatform(row.platform) },
    { label: 'Why it waits', cell: (row) => row.reason ?? faint('–'), className: 'wide' },
    { label: 'State', cell: (row) => badge(row.state) },
    { label: 'Things waiting', cell: (row) => `${row.waiting_items} of ${row.items}`, className: 'number' },
    { label: 'Came', cell: (row) => moment(row.received_at) },
  ],
  // The next part begins after the last one of this.
  next: (answer) => (answer.hasMore ? answer.parked.at(-1)?.id : null),
};

// Reads all that fit the filters again, part after part.
export function readAgain(asked, refresh) {
  const filter = Object.fromEntries(['platform', 'reason'].filter((key) => asked.get(key)).map((key) => [key, asked.get(key)]));
  const press = button('Read all of these again', async () => {
    const text = 'Do that after a fix. What was read before stays as it is, and nothing is there twice.';
    if (!await sure({ title: 'Read all again?', text, verb: 'Read again' })) return;
    const sum = { settled: 0, parked: 0, failed: 0, messages: 0 };
    let after;
    do {
      const done = await ask('POST', '/api/admin/parked/replay', { ...filter, ...(after ? { after } : {}) });
      for (const key of Object.keys(sum)) sum[key] += done[key];
      after = done.next;
      say(`${sum.settled} settled, ${sum.parked} still wait, ${sum.failed} could not be read now, ${sum.messages} new messages.`);
    } while (after);
    await refresh();
  });
  return make('p', press, { className: 'actions' });
}
