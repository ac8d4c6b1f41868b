/** What was paid on a line, what pays by itself, what is to come, and what happened. */

import { amount, badge, block, hex, when, whenInFull } from '../../elements/facts.js';
import { table } from '../../elements/table.js';
import { decimal, percent } from '../../format.js';
import { eventWords, spelled } from '../../words.js';

export function payments(rows, now_s) {
  const columns = [
    { label: 'Paid', cell: (row) => when(row.at, now_s) },
    { label: 'From', cell: (row) => spelled(row.paid_from) },
    { label: 'Principal', numeric: true, cell: (row) => amount(row.principal) },
    { label: 'Charges', numeric: true, cell: (row) => amount(row.charges) },
    { label: 'In all', numeric: true, cell: (row) => amount(row.amount) },
    { label: 'Block', cell: (row) => block(row.log) },
  ];
  return table({ caption: 'Payments', columns, rows, key: ({ log }) => log.tx_hash + log.log_index, empty: 'Nothing was paid yet.' });
}

export function mandates(rows, now_s) {
  const columns = [
    { label: 'When', cell: (row) => (row.kind === 'ltv' ? `Debt over value above ${percent(row.threshold_bps)}` : spelled(row.kind)) },
    { label: 'Pays from', cell: (row) => spelled(row.paid_from) },
    { label: 'Fired', numeric: true, cell: (row) => row.state.fires },
    { label: 'Left of its cap', numeric: true, cell: (row) => amount(row.state.cap_left) },
    { label: 'Fires now?', cell: (row) => (row.outlook?.fires_now ? badge('Fires', 'warning') : row.outlook?.why_not ?? 'Unknown') },
    { label: 'At a price of', numeric: true, cell: (row) => row.outlook?.at_or_below_price?.decimal ? `≤ ${decimal(row.outlook.at_or_below_price.decimal)}` : '—' },
    { label: 'Until', cell: (row) => when(row.expires_at, now_s) },
    { label: 'Registered', cell: (row) => block(row.log) },
  ];
  return table({ caption: 'Mandates', columns, rows, key: (row) => row.mandate_hash, empty: 'No mandate is registered.' });
}

export function bills(rows, now_s) {
  const columns = [
    { label: 'Due', cell: (row) => whenInFull(row.due_at, now_s) },
    { label: 'Principal', numeric: true, cell: (row) => amount(row.principal) },
    { label: 'Charges', numeric: true, cell: (row) => amount(row.charges) },
    { label: 'In all', numeric: true, cell: (row) => amount(row.amount) },
  ];
  return table({ caption: 'Bills to come', columns, rows, key: (row) => row.due_at.epoch_s, empty: 'No bill is to come.' });
}

export function events(rows) {
  const columns = [
    { label: 'What happened', cell: (row) => eventWords(row.kind) },
    { label: 'Block', cell: (row) => block(row) },
    { label: 'Transaction', cell: (row) => hex(row.tx_hash) },
  ];
  return table({ caption: 'Events', columns, rows, key: (row) => row.position, empty: 'Nothing has happened.' });
}
