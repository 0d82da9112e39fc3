// Speaks the hub's API. The access token lives in this tab, the renewal token in this page's memory only.

const KEY = 'hub_access_token';
let token = sessionStorage.getItem(KEY);
let renewal = null;
let renewing = null;

export class Refused extends Error {
  constructor(words, code, status) {
    super(words);
    this.code = code;
    this.status = status;
  }
}

export const isSignedIn = () => token !== null;

function keep(tokens) {
  token = tokens.accessToken;
  renewal = tokens.refreshToken;
  sessionStorage.setItem(KEY, token);
}

export function forget() {
  token = null;
  renewal = null;
  sessionStorage.removeItem(KEY);
}

async function call(method, path, body, bearer) {
  const headers = {};
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  if (body) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, { method, headers, body: body ? JSON.stringify(body) : undefined });
  } catch {
    throw new Refused('The hub cannot be reached. Check the connection and try again.');
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const failure = answer.error ?? {};
  const about = (failure.details ?? []).map?.((one) => one.message).join('; ');
  let words = failure.message ?? 'That did not work. Please try again.';
  if (failure.code === 'VALIDATION_ERROR' && about) words = `That cannot be looked for: ${about}.`;
  throw new Refused(words, failure.code, response.status);
}

// Two requests that fail together renew once.
function renew() {
  renewing ??= call('POST', '/api/auth/refresh', { refreshToken: renewal })
    .then(keep)
    .finally(() => { renewing = null; });
  return renewing;
}

export async function ask(method, path, body) {
  try {
    return await call(method, path, body, token);
  } catch (error) {
    if (error.status !== 401) throw error;
    try {
      if (error.code !== 'TOKEN_EXPIRED' || renewal === null) throw error;
      await renew();
    } catch {
      forget();
      throw new Refused('Your session has ended. Please sign in again.', 'SIGNED_OUT', 401);
    }
    return call(method, path, body, token);
  }
}

export async function signIn(credentials) {
  keep((await call('POST', '/api/auth/login', credentials)).tokens);
}

export function signOut() {
  const old = renewal;
  forget();
  // Nobody waits for it: without it the token ends by itself.
  if (old) call('POST', '/api/auth/logout', { refreshToken: old }).catch(() => {});
}
