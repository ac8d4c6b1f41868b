/** What a person should know, for operators and auditors. */

import { h } from '../dom.js';
import { clock_s, outcome, when } from '../elements/facts.js';
import { filters, heading } from '../elements/layout.js';
import { pages, table } from '../elements/table.js';
import { get } from '../http.js';
import { choices } from './triggers.js';

/** What is said of an alert wherever it is shown. */
export const ESSENTIALS = [
  { label: 'Alert', cell: (alert) => alert.message },
  { label: 'Severity', cell: (alert) => outcome(alert.severity) },
  { label: 'What to do', cell: (alert) => alert.hint },
  { label: 'Raised', cell: (alert) => when(alert.raised_at, clock_s()) },
];

export const topics = ['block', 'clock'];
export const title = () => 'Alerts';

/** Asks for alerts only where somebody is signed in who may see them. */
export async function load({ query, signal, session }) {
  if (!session()?.scopes.includes('alerts:read')) return { forbidden: true };
  return get('/v1/alerts', { query: { ...query, limit: 50 }, signal });
}

export function render({ items, next_cursor, forbidden }, { query, path, update }) {
  if (forbidden) {
    return [heading('Alerts'), h('p', { class: 'empty' }, 'Alerts are for operators and auditors: sign in as one of them.')];
  }
  return [
    heading('Alerts'),
    filters({
      label: 'Filter alerts',
      query,
      update,
      fields: [
        { name: 'state', label: 'State', options: [['', 'Open'], ['resolved', 'Resolved'], ['all', 'All']] },
        { name: 'severity', label: 'Severity', options: choices(['info', 'warning', 'critical']) },
      ],
    }),
    table({
      caption: 'Alerts',
      rows: items,
      key: (alert) => alert.id,
      empty: 'Nothing needs a person.',
      columns: [
        ...ESSENTIALS,
        { label: 'Seen', numeric: true, cell: (alert) => `${alert.count} ×` },
        { label: 'Last seen', cell: (alert) => when(alert.last_seen_at, clock_s()) },
        { label: 'Resolved', cell: (alert) => when(alert.resolved_at, clock_s()) },
      ],
    }),
    pages({ path, query, next_cursor }),
  ];
}
