// One conversation, in a dialog over the dashboard.
const PAGE = 50;

function Bubble({ message }) {
  const ticks = message.isRead ? 'read' : message.deliveredAt ? 'delivered' : 'sent';
  const media = message.mediaUrl && message.messageType === 'image' ? h('img', { src: message.mediaUrl, alt: '' }) : null;
  return h('div', { className: `bubble ${message.isOutgoing ? 'right' : 'left'}`, 'data-id': message.id },
    message.isOutgoing ? null : h('small', null, message.senderName), media,
    h('div', { className: 'words' }, message.content),
    h('small', { className: 'time' }, clock(message.sentAt), ' ', message.isOutgoing ? ticks : ''));
}

function Thread({ id, platform, onClose, onSent }) {
  const [title, setTitle] = useState('Loading...');
  const [messages, setMessages] = useState([]);
  const [hasMore, setHasMore] = useState(false);
  const [pages, setPages] = useState(0);
  const [failure, setFailure] = useState(null);
  const [sendFailure, setSendFailure] = useState(null);
  const [text, setText] = useState('');
  const loaded = useRef(0);

  // News of the open conversation, in the one spelling that the handlers read.
  useSocket({
    new_message: ({ message }) => {
      if (message.conversationId !== id) return;
      setMessages((all) => (all.some((one) => one.id === message.id) ? all : [...all, message]));
    },
    message_status_update: ({ messageId, conversationId, status }) => {
      if (conversationId !== id) return;
      setMessages((all) => all.map((one) => (one.id === messageId ? { ...one, isRead: one.isRead || status === 'read' } : one)));
    },
    conversation_update: ({ conversation }) => {
      if (conversation.id === id) setTitle(conversation.participantName || conversation.participantId);
    },
  });

  async function load(offset) {
    try {
      const { data } = await api.get(`/api/messages/${id}?limit=${PAGE}&offset=${offset}`);
      const older = data.messages.map(messageOf).reverse();
      loaded.current += data.messages.length;
      setMessages((all) => [...older.filter((one) => !all.some((known) => known.id === one.id)), ...all]);
      setHasMore(data.hasMore);
      setPages((count) => count + 1);
      for (const message of older.filter((one) => !one.isRead && !one.isOutgoing)) {
        await api.patch(`/api/messages/${message.id}/read`).catch(() => {});
      }
    } catch (error) {
      setFailure(structured(error, 'Failed to load messages'));
    }
  }

  useEffect(() => {
    api.get('/api/conversations').then(({ data }) => {
      const found = data.conversations.find((one) => one.id === id);
      if (found && (found.participantName || found.participantId)) setTitle(found.participantName || found.participantId);
    }).catch(() => {});
    load(0);
  }, []);

  async function send() {
    const content = text.trim();
    if (!content) return;
    try {
      const { data } = await api.post(`/api/messages/${id}/send`, { content });
      setMessages((all) => [...all, data.message]); // as it came
      setText('');
      setSendFailure(null);
      onSent();
    } catch (error) {
      setSendFailure(structured(error, 'Failed to send message'));
    }
  }

  return h('div', { id: 'thread', role: 'dialog', 'data-pages': pages, 'data-loaded': loaded.current, 'data-more': String(hasMore) },
    h('h2', null, title), h('button', { id: 'close', onClick: onClose }, 'Close'),
    failure ? h('p', { className: 'error' }, failure) : null,
    h('div', {
      className: 'messages',
      onScroll: (event) => { if (event.target.scrollTop === 0 && hasMore) load(loaded.current); },
    }, messages.map((message) => h(Bubble, { key: message.id, message }))),
    sendFailure ? h('p', { className: 'error', id: 'send-failure' }, sendFailure) : null,
    platform === 'twitter'
      ? h('p', null, 'Read only')
      : h('input', {
        id: 'text', value: text, disabled: Boolean(failure), onChange: (event) => setText(event.target.value),
        onKeyDown: (event) => { if (event.key === 'Enter') send(); },
      }));
}
