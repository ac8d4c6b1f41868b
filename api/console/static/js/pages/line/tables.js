/** What was paid on a line, what pays by itself, what is to come, and what happened. */

import { amount, badge, block, hex, nothing, when, whenInFull } from '../../elements/facts.js';
import { table } from '../../elements/table.js';
import { decimal, exactUnits, percent } from '../../format.js';
import { eventWords, spelled } from '../../words.js';
import { details } from './happened.js';

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

/** `feeds`: those that are followed, to name what a mandate looks at. */
export function mandates(rows, feeds, now_s) {
  const columns = [
    { label: 'When', cell: (row) => cause(row, feeds) },
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

function cause({ kind, threshold_bps, share_bps, above, level, feed: address }, feeds) {
  const feed = feeds.find((followed) => followed.address === address);
  switch (kind) {
    case 'due':
      return 'A bill is due';
    case 'ltv':
      return `Debt over value above ${percent(threshold_bps)}`;
    case 'level':
      return feed
        ? `${feed.pair} ${above ? 'above' : 'below'} ${exactUnits(level, feed.decimals)}`
        : ['Answer of ', hex(address), ` ${above ? 'above' : 'below'} ${level}`];
    case 'share':
      return feed ? `${percent(share_bps)} of what ${feed.pair} counts` : [`${percent(share_bps)} of what `, hex(address), ' counts'];
    default:
      return spelled(kind);
  }
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

export function events(rows, market) {
  const columns = [
    { label: 'What happened', cell: (row) => eventWords(row.kind) },
    { label: 'Details', cell: (row) => details(row, market) ?? nothing() },
    { label: 'Block', cell: (row) => block(row) },
    { label: 'Transaction', cell: (row) => hex(row.tx_hash) },
  ];
  return table({ caption: 'Events', columns, rows, key: (row) => row.position, empty: 'Nothing has happened.' });
}
