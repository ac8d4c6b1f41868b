/** Addresses of pages: `#/lines/7?sort=-id`. They live behind the `#`, so that any server of files can serve them. */

/** The page, parameters and query that `hash` asks for; `page` is null when there is no such page. */
export function resolve(hash, routes) {
  const [path, search = ''] = hash.replace(/^#/, '').split('?', 2);
  const parts = segments(path);
  for (const [pattern, page] of routes) {
    const params = match(segments(pattern), parts);
    if (params) return { page, params, query: Object.fromEntries(new URLSearchParams(search)), path: `/${parts.join('/')}` };
  }
  return { page: null, params: {}, query: {}, path: `/${parts.join('/')}` };
}

/** The address of a page; values of `query` that are empty are left out. */
export function hrefOf(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const search = new URLSearchParams(given).toString();
  return `#${path}${search && `?${search}`}`;
}

function segments(path) {
  return path.split('/').filter(Boolean);
}

function match(pattern, parts) {
  if (pattern.length !== parts.length) return null;
  const params = {};
  for (const [index, expected] of pattern.entries()) {
    if (expected.startsWith(':')) params[expected.slice(1)] = decoded(parts[index]);
    else if (expected !== parts[index]) return null;
  }
  return params;
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
