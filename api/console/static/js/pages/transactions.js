/** What the service sends, with every attempt, and whether anything keeps it from sending. */

import { h } from '../dom.js';
import { block, clock_s, hex, nothing, outcome, when } from '../elements/facts.js';
import { filters, heading } from '../elements/layout.js';
import { pages, table } from '../elements/table.js';
import { plural, sentence, shortUnits } from '../format.js';
import { get } from '../http.js';
import { choices } from './triggers.js';

const STATUSES = ['queued', 'signed', 'broadcast', 'mined', 'finalized', 'failed', 'cancelled'];
const GWEI_DECIMALS = 9;

export const topics = ['block', 'clock'];
export const title = () => 'Transactions';

export async function load({ query, signal }) {
  const [list, sending] = await Promise.all([
    get('/v1/transactions', { query: { ...query, limit: 50 }, signal }),
    get('/v1/sending', { signal }),
  ]);
  return { ...list, sending };
}

export function render({ items, next_cursor, sending }, { query, path, update }) {
  return [
    heading('Transactions', outcome(sending.held ? 'held' : 'sending')),
    h('p', null, `${plural(sending.queued, 'transaction')} to be signed, ${sending.in_flight} signed and not final.`),
    sending.holds.map((hold) => h('p', { class: 'notice' }, 'Nothing new is signed: ', hold.reason, ' (since ', when(hold.placed_at, clock_s()), ')')),
    filters({ label: 'Filter transactions', query, update, fields: [{ name: 'status', label: 'Status', options: choices(STATUSES) }] }),
    table({
      caption: 'Transactions',
      rows: items,
      key: (transaction) => transaction.id,
      empty: 'Nothing was sent.',
      columns: [
        { label: 'What', cell: (transaction) => sentence(transaction.description) },
        { label: 'Status', cell: (transaction) => [outcome(transaction.status), transaction.error && ` ${transaction.error}`].filter(Boolean) },
        { label: 'Nonce', numeric: true, cell: (transaction) => transaction.nonce ?? nothing() },
        { label: 'Attempts', numeric: true, cell: (transaction) => transaction.attempts.length },
        { label: 'Fee at most, gwei', numeric: true, cell: fee },
        { label: 'Gas used', numeric: true, cell: (transaction) => transaction.gas_used?.toLocaleString('en') ?? nothing() },
        { label: 'Transaction', cell: (transaction) => hex(transaction.tx_hash ?? transaction.attempts.at(-1)?.tx_hash) },
        { label: 'Mined', cell: (transaction) => block(transaction.mined) },
        { label: 'Asked for', cell: (transaction) => when(transaction.created_at, clock_s()) },
      ],
    }),
    pages({ path, query, next_cursor }),
  ];
}

function fee({ attempts }) {
  const last = attempts.at(-1);
  return last ? shortUnits(last.max_fee_per_gas_wei, GWEI_DECIMALS, 2) : nothing();
}
