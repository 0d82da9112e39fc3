// The five lists: what can be asked of them and what they show.
import { badge, faint, make, moment, name, onPlatform, platforms, words } from './parts.js';

const STATES = [
  'ok', 'catching_up', 'suspect', 'rate_limited', 'transient', 'needs_reauth', 'permissions', 'misconfigured', 'taken_over', 'off',
];
const STATUSES = ['queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unconfirmed'];

const search = (hint) => ({ name: 'search', label: 'Search', type: 'search', hint });
const choice = (key, label, options) => ({ name: key, label, options: () => [['', 'All'], ...options] });
export const platform = { name: 'platform', label: 'Platform', options: () => [['', 'All'], ...platforms()] };
const span = [
  { name: 'from', label: 'From', type: 'datetime-local' },
  { name: 'until', label: 'Until', type: 'datetime-local' },
];

const whose = { name: 'user', label: 'Owner', type: 'search', hint: 'address' };
const owner = { label: 'Owner', cell: (row) => name(row.user_email ?? '–') };
const where = { label: 'Platform', cell: (row) => onPlatform(row.platform) };

export const sections = {
  users: {
    title: 'Users', lead: 'Everybody who signs in to this hub, the newest first.', path: '/api/admin/users',
    empty: 'No user fits.',
    filters: [
      search('address or id'),
      choice('active', 'State', [['true', 'active'], ['false', 'deactivated']]),
      choice('admin', 'Role', [['true', 'administrators'], ['false', 'others']]),
    ],
    label: (row) => row.email,
    columns: [
      { label: 'E-mail', cell: (row) => name(row.email) },
      { label: 'State', cell: (row) => [badge(row.is_active ? 'active' : 'deactivated'), row.is_admin ? badge('admin') : null] },
      { label: 'Accounts', cell: (row) => String(row.active_accounts), className: 'number' },
      { label: 'Sessions', cell: (row) => String(row.open_sessions), className: 'number' },
      { label: 'Last seen', cell: (row) => moment(row.last_seen_at) },
      { label: 'Registered', cell: (row) => moment(row.created_at) },
    ],
  },
  accounts: {
    title: 'Accounts', lead: 'Linked accounts of all users, the newest first. Tokens are never shown.', path: '/api/admin/accounts',
    empty: 'No account fits.',
    filters: [
      search('name or id'), whose, platform,
      choice('state', 'State', STATES.map((one) => [one, words(one)])),
    ],
    label: (row) => row.platform_username ?? row.platform_user_id,
    columns: [
      { label: 'Account', cell: (row) => name(row.platform_username ?? row.platform_user_id) },
      where,
      { label: 'State', cell: (row) => badge(row.state) },
      { label: 'Why', cell: (row) => row.channel.evidence?.words ?? faint('–'), className: 'wide' },
      owner,
      { label: 'Last event', cell: (row) => moment(row.channel.last_event_at) },
    ],
  },
  conversations: {
    title: 'Conversations', lead: 'Who talks with whom, the newest first.', path: '/api/admin/conversations',
    empty: 'No conversation fits.',
    filters: [
      search('name or id'), whose, platform,
      choice('unread', 'Unread', [['true', 'with unread'], ['false', 'all read']]), ...span,
    ],
    label: (row) => row.participant_name ?? row.platform_conversation_id,
    columns: [
      { label: 'With', cell: (row) => name(row.participant_name ?? row.platform_conversation_id) },
      where,
      { label: 'Account', cell: (row) => name(row.platform_username ?? '–') },
      owner,
      { label: 'Unread', cell: (row) => String(row.unread_count), className: 'number' },
      { label: 'Last message', cell: (row) => moment(row.last_message_at) },
    ],
  },
  messages: {
    title: 'Messages',
    lead: 'What is said is private: it is shown when a message is opened or when words are looked for, and either leaves a line in the log.',
    path: '/api/admin/messages',
    empty: 'No message fits.',
    filters: [
      { name: 'text', label: 'Says', type: 'search', hint: 'words of a message' },
      search('sender or id'), whose, platform,
      choice('direction', 'Direction', [['incoming', 'incoming'], ['outgoing', 'outgoing']]),
      choice('status', 'Status', STATUSES.map((one) => [one, one])), ...span,
    ],
    label: (row) => `from ${row.sender_name ?? row.sender_id}`,
    columns: [
      { label: 'Sender', cell: (row) => name(row.sender_name ?? row.sender_id) },
      { label: 'Direction', cell: (row) => (row.is_outgoing ? 'outgoing' : 'incoming') },
      { label: 'What', cell: (row) => said(row), className: 'wide' },
      { label: 'Status', cell: (row) => (row.status ? badge(row.status) : faint('–')) },
      where,
      owner,
      { label: 'Sent', cell: (row) => moment(row.sent_at) },
    ],
  },
  usage: {
    title: 'API usage', lead: 'Successful requests to the hub, the newest first; kept for 90 days.', path: '/api/admin/usage',
    empty: 'No request fits.',
    filters: [search('method or path'), { ...whose, label: 'User' }, { ...platform, label: 'Of', options: () => [['', 'All'], ['api', 'the hub'], ...platforms()] }, ...span],
    label: (row) => row.endpoint,
    columns: [
      { label: 'Request', cell: (row) => make('code', row.endpoint) },
      { label: 'Of', cell: (row) => (row.platform === 'api' ? 'the hub' : onPlatform(row.platform)) },
      { label: 'User', cell: (row) => name(row.user_email ?? '–') },
      { label: 'Times', cell: (row) => String(row.request_count), className: 'number' },
      { label: 'When', cell: (row) => moment(row.timestamp) },
    ],
  },
};

// The words where they are shown, else what kind of message it is.
function said(row) {
  if (row.content) return make('bdi', row.content, { className: 'said' });
  return faint(row.summary ?? row.kind);
}
