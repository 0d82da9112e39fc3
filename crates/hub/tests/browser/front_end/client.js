// What the front end of the originals does between its pages and the server: the same client libraries, the same renewal, the
// same fields. Nothing here is kinder to the server than that one is.
const h = React.createElement;
const { useState, useEffect, useRef } = React;
const ORIGIN = window.location.origin;

const api = axios.create({ baseURL: ORIGIN, timeout: 10000, headers: { 'Content-Type': 'application/json' } });

api.interceptors.request.use((config) => {
  const token = localStorage.getItem('access_token');
  if (token) config.headers.Authorization = `Bearer ${token}`;
  return config;
});

// Renews on 401 only, once per request; stores the new access token and never the new refresh token.
api.interceptors.response.use((answer) => answer, async (error) => {
  const request = error.config;
  if (error.response?.status !== 401 || request.renewed) throw error;
  request.renewed = true;
  const refreshToken = localStorage.getItem('refresh_token');
  if (!refreshToken) throw error;
  try {
    const { data } = await axios.post(`${ORIGIN}/api/auth/refresh`, { refreshToken });
    localStorage.setItem('access_token', data.accessToken);
    request.headers.Authorization = `Bearer ${data.accessToken}`;
    return api(request);
  } catch (refused) {
    localStorage.removeItem('access_token');
    localStorage.removeItem('refresh_token');
    window.location.href = '/login';
    throw refused;
  }
});

// Structured errors have their text inside; some pages want it there and nowhere else.
const structured = (error, otherwise) => error.response?.data?.error?.message || otherwise;
// Others put whatever stands there into the page as it is; an object makes React throw and leaves it blank.
const asItIs = (error, otherwise) => error.response?.data?.error || otherwise;

// One socket per page that wants news.
function useSocket(handlers) {
  const [standing, setStanding] = useState('Offline');
  useEffect(() => {
    const token = localStorage.getItem('access_token');
    const socket = io(ORIGIN, {
      transports: ['websocket', 'polling'],
      reconnection: true, reconnectionAttempts: 5, reconnectionDelay: 1000, reconnectionDelayMax: 5000,
    });
    socket.on('connect', () => { setStanding('Connecting...'); socket.emit('authenticate', { token }); });
    socket.on('authenticated', () => setStanding('Live'));
    socket.on('auth_error', () => socket.close());
    socket.on('disconnect', () => setStanding('Offline'));
    for (const [name, handler] of Object.entries(handlers)) socket.on(name, handler);
    return () => socket.close();
  }, []);
  return standing;
}

// Lists come in either spelling.
const conversationOf = (raw) => ({
  id: raw.id,
  name: raw.participant_name || raw.participantName || raw.participant_id || raw.participantId,
  lastMessageAt: raw.last_message_at || raw.lastMessageAt,
  unreadCount: raw.unread_count ?? raw.unreadCount ?? 0,
  accountId: raw.account_id || raw.accountId,
  platformConversationId: raw.platform_conversation_id || raw.platformConversationId,
});
const messageOf = (raw) => ({
  id: raw.id,
  content: raw.content,
  senderName: raw.sender_name || raw.senderName,
  isOutgoing: raw.is_outgoing ?? raw.isOutgoing,
  isRead: raw.is_read ?? raw.isRead,
  sentAt: raw.sent_at || raw.sentAt,
  deliveredAt: raw.delivered_at || raw.deliveredAt,
  messageType: raw.message_type || raw.messageType,
  mediaUrl: raw.media_url || raw.mediaUrl,
});
const day = (text) => { const at = new Date(text); return Number.isNaN(at.getTime()) ? 'Invalid Date' : at.toLocaleDateString('en'); };
const clock = (text) => { const at = new Date(text); return Number.isNaN(at.getTime()) ? 'Invalid Date' : at.toLocaleTimeString('en'); };
