// The pages, as far as they talk to the server.
const go = (path) => { window.history.pushState({}, '', path); window.dispatchEvent(new PopStateEvent('popstate')); };
const PLATFORMS = ['telegram', 'twitter', 'linkedin', 'instagram', 'whatsapp', 'facebook', 'teams'];

function Form({ route, otherwise, onUser }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [failure, setFailure] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    if (password.length < 6) return setFailure('Password must be at least 6 characters');
    try {
      const { data } = await api.post(`/api/auth/${route}`, { email, password });
      localStorage.setItem('access_token', data.tokens.accessToken);
      localStorage.setItem('refresh_token', data.tokens.refreshToken);
      onUser(data.user);
      go('/dashboard');
    } catch (error) {
      setFailure(structured(error, otherwise));
    }
  };
  return h('form', { onSubmit: submit }, h('h1', null, route),
    h('input', { name: 'email', value: email, onChange: (event) => setEmail(event.target.value) }),
    h('input', { name: 'password', type: 'password', value: password, onChange: (event) => setPassword(event.target.value) }),
    h('button', null, 'Go'), failure ? h('p', { className: 'error' }, failure) : null);
}

function Card({ platform, accounts, unread, news, onOpen }) {
  const [open, setOpen] = useState(false);
  const [list, setList] = useState([]);
  const [failure, setFailure] = useState(null);
  useEffect(() => {
    if (news) setList((all) => all.map((one) => (one.id === news.id ? conversationOf(news) : one)));
  }, [news]);
  const load = async () => {
    setOpen(true);
    setFailure(null);
    if (platform === 'telegram') await api.post(`/api/telegram/${accounts[0].id}/sync`).catch(() => {});
    try {
      const { data } = await api.get(`/api/conversations?platform=${platform}`);
      setList(data.conversations.map(conversationOf));
    } catch (error) {
      setFailure(asItIs(error, 'Failed to load conversations'));
    }
  };
  return h('section', { className: 'card', 'data-platform': platform },
    h('button', { className: 'expand', onClick: load }, platform), ' ',
    unread > 0 ? h('span', { className: 'badge' }, unread > 99 ? '99+' : unread) : null,
    failure ? h('p', { className: 'error' }, failure, h('button', { className: 'retry', onClick: load }, 'Retry')) : null,
    open ? list.map((one) => h('button', { key: one.id, className: 'conversation', onClick: () => onOpen(one.id, platform) },
      h('b', null, one.name), ' ', h('span', { className: 'when' }, day(one.lastMessageAt)), ' ',
      one.unreadCount > 0 ? `${one.unreadCount} new messages` : '')) : null);
}

function Dashboard({ user }) {
  const [accounts, setAccounts] = useState(null);
  const [counts, setCounts] = useState({});
  const [total, setTotal] = useState(0);
  const [failure, setFailure] = useState(null);
  const [news, setNews] = useState(null);
  const [thread, setThread] = useState(null);
  const count = () => api.get('/api/messages/unread/count').then(({ data }) => {
    setTotal(data.total);
    setCounts((known) => ({ ...known, ...data.byPlatform }));
  }).catch(() => {});
  const standing = useSocket({
    unread_count_update: ({ unreadCounts, totalUnread }) => {
      const listed = {};
      for (const platform of Object.keys(unreadCounts)) listed[platform] = unreadCounts[platform];
      setCounts((known) => ({ ...known, ...listed }));
      setTotal(totalUnread);
    },
    conversation_update: ({ conversation }) => setNews(conversation),
  });
  useEffect(() => {
    api.get('/api/oauth/accounts').then(({ data }) => {
      if (data.accounts.some((one) => !PLATFORMS.includes(one.platform))) throw new Error('unknown platform');
      setAccounts(data.accounts);
      return count();
    }).catch((error) => setFailure(asItIs(error, 'Failed to load connected accounts')));
  }, []);
  const platforms = [...new Set((accounts || []).map((one) => one.platform))];
  return h('main', null, h('header', null, h('span', { id: 'email' }, user.email), ' ', h('span', { id: 'standing' }, standing)),
    h('p', null, 'Unread: ', h('span', { id: 'total' }, total)),
    failure ? h('p', { className: 'error' }, failure) : null,
    accounts && accounts.length === 0 ? h('p', null, 'Connect Accounts') : null,
    platforms.map((platform) => h(Card, {
      key: platform, platform, accounts: accounts.filter((one) => one.platform === platform), unread: counts[platform] || 0, news,
      onOpen: (id, of) => setThread({ id, of }),
    })),
    thread ? h(Thread, { key: thread.id, id: thread.id, platform: thread.of, onClose: () => setThread(null), onSent: count }) : null);
}

function Accounts() {
  const [accounts, setAccounts] = useState([]);
  const [failure, setFailure] = useState(null);
  useEffect(() => {
    api.get('/api/oauth/accounts').then(({ data }) => setAccounts(data.accounts))
      .catch((error) => setFailure(structured(error, 'Failed to fetch connected accounts')));
  }, []);
  const connect = async (platform) => {
    if (platform === 'telegram') return go('/auth/telegram-phone');
    try {
      const { data } = await api.get(`/api/oauth/connect/${platform}`);
      window.location.href = data.authorizationUrl;
    } catch (error) {
      setFailure(structured(error, `Failed to connect ${platform}`));
    }
  };
  const disconnect = async (id) => {
    try {
      await api.delete(`/api/oauth/disconnect/${id}`);
      setAccounts((all) => all.filter((one) => one.id !== id));
    } catch (error) {
      setFailure(structured(error, 'Failed to disconnect account'));
    }
  };
  const active = accounts.filter((one) => (one.is_active ?? one.isActive) !== false);
  return h('main', null, h('h1', null, 'Accounts'), failure ? h('p', { className: 'error' }, failure) : null,
    h('ul', null, active.map((one) => h('li', { key: one.id, 'data-platform': one.platform },
      one.platform_username || one.platform_user_id, ' ', h('span', { className: 'since' }, `Connected on ${day(one.createdAt)}`),
      h('button', { onClick: () => disconnect(one.id) }, 'Disconnect')))),
    PLATFORMS.map((platform) => h('button', { key: platform, className: `connect-${platform}`, onClick: () => connect(platform) }, `Connect ${platform}`)));
}

// Reads its query and nothing else.
function Connected() {
  const query = new URLSearchParams(window.location.search);
  useEffect(() => {
    if (query.get('success') !== 'true') return undefined;
    const later = setTimeout(() => go('/accounts'), 1500);
    return () => clearTimeout(later);
  }, []);
  return query.get('success') === 'true'
    ? h('p', { id: 'result' }, `${query.get('platform')} is connected`)
    : h('p', { id: 'result', className: 'error' }, query.get('message') || `Failed to connect ${query.get('platform')}`);
}

function Phone() {
  const [step, setStep] = useState('phone');
  const [fields, setFields] = useState({ phoneNumber: '', phoneCode: '', password: '' });
  const [hash, setHash] = useState(null);
  const [failure, setFailure] = useState(null);
  const field = (name) => h('input', { name, value: fields[name], onChange: (event) => setFields({ ...fields, [name]: event.target.value }) });
  const submit = async (event) => {
    event.preventDefault();
    setFailure(null);
    try {
      if (step === 'phone') {
        const { data } = await api.post('/api/telegram/auth/phone', { phoneNumber: fields.phoneNumber });
        setHash(data.phoneCodeHash);
        return setStep('code');
      }
      const body = { phoneNumber: fields.phoneNumber, phoneCode: fields.phoneCode, phoneCodeHash: hash };
      if (step === 'password') body.password = fields.password;
      const { data } = await api.post('/api/telegram/auth/verify', body);
      if (data.needPassword) return setStep('password');
      if (data.success) go('/accounts?success=telegram');
    } catch (error) {
      setFailure(asItIs(error, { phone: 'Failed to send code', code: 'Invalid code', password: 'Invalid password' }[step]));
    }
  };
  return h('form', { onSubmit: submit }, h('h1', null, step),
    field({ phone: 'phoneNumber', code: 'phoneCode', password: 'password' }[step]), h('button', null, 'Go'),
    failure ? h('p', { className: 'error' }, failure) : null);
}

function App() {
  const [user, setUser] = useState(null);
  const [ready, setReady] = useState(false);
  const [path, setPath] = useState(window.location.pathname);
  useEffect(() => {
    const follow = () => setPath(window.location.pathname);
    window.addEventListener('popstate', follow);
    if (!localStorage.getItem('access_token')) { setReady(true); return undefined; }
    // The whole body becomes the user.
    api.get('/api/auth/me').then(({ data }) => setUser(data)).catch(() => {
      localStorage.removeItem('access_token');
      localStorage.removeItem('refresh_token');
    }).finally(() => setReady(true));
    return () => window.removeEventListener('popstate', follow);
  }, []);
  if (!ready) return h('p', null, 'Loading...');
  if (path === '/connect') return h(Connected);
  if (path === '/register') return h(Form, { route: 'register', otherwise: 'Registration failed. Please try again.', onUser: setUser });
  if (path === '/login' || !user) return h(Form, { route: 'login', otherwise: 'Login failed. Please try again.', onUser: setUser });
  if (path === '/accounts') return h(Accounts, { key: window.location.href });
  if (path === '/auth/telegram-phone') return h(Phone);
  return h(Dashboard, { user });
}

ReactDOM.createRoot(document.getElementById('root')).render(h(App));
