/** What had to be sent: why each trigger fired, and what became of it. */

import { amount, block, clock_s, lineLink, outcome, when } from '../elements/facts.js';
import { filters, heading } from '../elements/layout.js';
import { pages, table } from '../elements/table.js';
import { exactTime, exactUnits, sentence } from '../format.js';
import { get } from '../http.js';
import { spelled } from '../words.js';

const STATUSES = ['pending', 'sending', 'mined', 'done', 'failed', 'superseded', 'skipped', 'cancelled'];

export const topics = ['block', 'clock'];
export const title = () => 'Triggers';

export function load({ query, signal }) {
  return get('/v1/triggers', { query: { ...query, limit: 50 }, signal });
}

export function render({ items, next_cursor }, { query, path, update }) {
  return [
    heading('Triggers'),
    filters({
      label: 'Filter triggers',
      query,
      update,
      fields: [
        { name: 'status', label: 'Status', options: choices(STATUSES) },
        { name: 'action', label: 'Action', options: choices(['repay', 'liquidate', 'terminate']) },
        { name: 'line_id', label: 'Line', placeholder: 'its number' },
      ],
    }),
    table({
      caption: 'Triggers',
      rows: items,
      key: (trigger) => trigger.id,
      empty: 'Nothing has had to be sent.',
      columns: [
        { label: 'Line', cell: (trigger) => lineLink(trigger.line_id) },
        { label: 'Action', cell: (trigger) => spelled(trigger.action) },
        { label: 'Status', cell: (trigger) => outcome(trigger.status) },
        { label: 'Why', cell: (trigger) => sentence(trigger.error ?? trigger.why) },
        { label: 'Cause', cell: cause },
        { label: 'Pays', numeric: true, cell: (trigger) => amount(trigger.pays) },
        { label: 'Fired', cell: (trigger) => when(trigger.created_at, clock_s()) },
        { label: 'Mined', cell: (trigger) => block(trigger.mined) },
        { label: 'Took', numeric: true, cell: (trigger) => (trigger.latency_ms === null ? '—' : `${(trigger.latency_ms / 1000).toFixed(1)} s`) },
      ],
    }),
    pages({ path, query, next_cursor }),
  ];
}

function cause({ cause: { round, due_at } }) {
  if (round?.answer) return `${round.pair ?? 'A feed'} at ${exactUnits(round.answer, round.decimals)}`;
  if (round) return `A round of ${round.pair ?? 'a feed'}`;
  return due_at ? `Bill of ${exactTime(due_at)}` : '—';
}

export function choices(values) {
  return [['', 'All'], ...values.map((value) => [value, spelled(value)])];
}
