/** Requests to the API, which is the only host that is ever asked. */

/** A refusal, with the words of its problem details (RFC 9457); or that nothing answered. */
export class ApiError extends Error {
  /** @param {{status: number, code: string, title: string, detail: string, hint: string, errors?: object[]}} problem */
  constructor(problem, requestId = null) {
    super(problem.detail);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.detail = problem.detail;
    this.hint = problem.hint;
    this.errors = problem.errors ?? [];
    this.requestId = requestId;
  }
}

/** The answer to GET `path`. Values of `query` that are null, undefined or empty are left out. Throws ApiError. */
export function get(path, { query, signal } = {}) {
  return ask('GET', path + encodeQuery(query), { signal });
}

/** The answer to POST `path`. Throws ApiError. */
export function post(path, body, { idempotencyKey, signal } = {}) {
  const headers = { 'Content-Type': 'application/json' };
  if (idempotencyKey) headers['Idempotency-Key'] = idempotencyKey;
  return ask('POST', path, { body: JSON.stringify(body), headers, signal });
}

/** The answer to DELETE `path`. Throws ApiError. */
export function del(path, { signal } = {}) {
  return ask('DELETE', path, { signal });
}

/** `?a=1&b=2`, or nothing. Lists give a parameter for each of their items. */
export function encodeQuery(query) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of [value].flat()) {
      if (item !== null && item !== undefined && item !== '') parameters.append(name, item);
    }
  }
  const text = parameters.toString();
  return text && `?${text}`;
}

async function ask(method, path, { signal, ...init }) {
  let response;
  try {
    response = await fetch(path, { method, signal, headers: { Accept: 'application/json' }, ...init });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(UNREACHABLE);
  }
  const body = await bodyOf(response);
  if (response.ok) return body;
  const problem = body?.code ? body : { ...UNREADABLE, status: response.status };
  throw new ApiError(problem, response.headers.get('X-Request-Id'));
}

async function bodyOf(response) {
  try {
    return response.status === 204 ? null : await response.json();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    return null;
  }
}

const UNREACHABLE = {
  status: 0,
  code: 'unreachable',
  title: 'The service cannot be reached',
  detail: 'the request got no answer',
  hint: 'check your connection; the console tries again by itself',
};

const UNREADABLE = {
  code: 'unreadable',
  title: 'The answer could not be read',
  detail: 'something between here and the service answered in its place',
  hint: 'try again in a moment',
};

/** GET /health/ready, which says by a 503 too, with the same body, what is missing. Throws ApiError. */
export async function getReadiness({ signal } = {}) {
  try {
    const response = await fetch('/health/ready', { signal });
    return await response.json();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(UNREACHABLE);
  }
}
