/** Tables that a phone shows as cards, and a list's way to its other pages. */

import { h } from '../dom.js';
import { hrefOf } from '../router.js';

/**
 * @param {object} options
 * @param {string} options.caption what it lists, for those who hear it
 * @param {{label: string, cell: (row) => any, numeric?: boolean}[]} options.columns the first one names the row
 * @param {object[]} options.rows
 * @param {(row) => string | number} options.key what a row is known by
 * @param {string} options.empty what to say instead of no rows
 */
export function table({ caption, columns, rows, key, empty }) {
  if (!rows.length) return h('p', { class: 'empty' }, empty);
  // The roles are those that the elements lose where a phone shows them as blocks.
  return h(
    'div',
    { class: 'table' },
    h(
      'table',
      { role: 'table' },
      h('caption', { class: 'unseen' }, caption),
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, columns.map(heading))),
      h('tbody', { role: 'rowgroup' }, rows.map((row) => bodyRow(row, columns, `${caption} ${key(row)}`))),
    ),
  );
}

function heading({ label, numeric }) {
  return h('th', { role: 'columnheader', scope: 'col', class: numeric && 'numeric' }, label);
}

function bodyRow(row, columns, key) {
  return h('tr', { role: 'row', 'data-key': key }, columns.map(({ label, cell, numeric }, index) => {
    const attributes = { class: numeric && 'numeric', 'data-label': label };
    return index === 0
      ? h('th', { role: 'rowheader', scope: 'row', ...attributes }, cell(row))
      : h('td', { role: 'cell', ...attributes }, h('span', { class: 'cell' }, cell(row)));
  }));
}

/** Pairs of a term and what it is; those whose value is null are left out. */
export function facts(pairs) {
  return h('dl', { class: 'facts' }, pairs.filter(([, value]) => value !== null && value !== undefined).map(([term, value]) => h('div', null, h('dt', null, term), h('dd', null, value))));
}

/** The way to the first and to the next page of a list; nothing when all of it is shown. */
export function pages({ path, query, next_cursor }) {
  if (!query.cursor && !next_cursor) return null;
  return h(
    'nav',
    { class: 'pages', 'aria-label': 'Pages' },
    query.cursor && h('a', { href: hrefOf(path, { ...query, cursor: null }) }, 'First page'),
    next_cursor && h('a', { href: hrefOf(path, { ...query, cursor: next_cursor }) }, 'Next page'),
  );
}
