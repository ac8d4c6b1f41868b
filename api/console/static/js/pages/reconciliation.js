/** Comparisons of the mirror with the chain, and the proof of reserves. */

import { h } from '../dom.js';
import { amount, badge, block, clock_s, nothing, when } from '../elements/facts.js';
import { filters, heading, missing, section } from '../elements/layout.js';
import { pages, table } from '../elements/table.js';
import { grouped } from '../format.js';
import { get } from '../http.js';

export const topics = ['block', 'clock'];
export const title = () => 'Reconciliation';

export async function load({ query, signal }) {
  const [list, reserves] = await Promise.all([
    get('/v1/reconciliations', { query: { ...query, limit: 25 }, signal }),
    get('/v1/reserves', { signal }).catch((error) => (signal.aborted ? null : error)),
  ]);
  return { ...list, reserves };
}

export function render({ items, next_cursor, reserves }, { query, path, update }) {
  return [
    heading('Reconciliation'),
    section('Proof of reserves', reserves.tokens ? proof(reserves) : missing(reserves)),
    section(
      'Mirror against chain',
      filters({ label: 'Filter comparisons', query, update, fields: [{ name: 'equal', label: 'Show', options: [['', 'All'], ['true', 'Without differences'], ['false', 'With differences']] }] }),
      table({
        caption: 'Comparisons',
        rows: items,
        key: (row) => row.id,
        empty: 'No comparison was made yet: the worker makes one every few minutes.',
        columns: [
          { label: 'Made', cell: (row) => when(row.finished_at, clock_s()) },
          { label: 'Outcome', cell: (row) => (row.equal ? badge('Equal', 'good') : badge(`${row.differences.length} differ`, 'bad')) },
          { label: 'Facts compared', numeric: true, cell: (row) => grouped(row.facts_compared) },
          { label: 'Block', cell: (row) => block(row.block) },
          { label: 'Took', numeric: true, cell: (row) => `${grouped(row.duration_ms)} ms` },
          { label: 'Differences', cell: (row) => (row.equal ? nothing('none') : h('details', null, h('summary', null, 'Show'), h('pre', { tabindex: 0 }, JSON.stringify(row.differences, null, 2)))) },
        ],
      }),
      pages({ path, query, next_cursor }),
    ),
  ];
}

function proof({ tokens, balance_unavailable }) {
  return [
    balance_unavailable && h('p', { class: 'notice' }, `The balances cannot be read: ${balance_unavailable}`),
    table({
      caption: 'Proof of reserves',
      rows: tokens,
      key: (row) => row.token.address,
      empty: 'The vault owes nothing.',
      columns: [
        { label: 'Token', cell: (row) => row.token.symbol ?? row.token.address },
        { label: 'Undrawn', numeric: true, cell: (row) => amount(row.undrawn) },
        { label: 'Reserves', numeric: true, cell: (row) => amount(row.reserve) },
        { label: 'Collateral', numeric: true, cell: (row) => amount(row.collateral) },
        { label: 'Claims', numeric: true, cell: (row) => amount(row.claims) },
        { label: 'Owed in all', numeric: true, cell: (row) => amount(row.owed) },
        { label: 'Vault holds', numeric: true, cell: (row) => amount(row.balance) },
        { label: 'Covered', cell: (row) => (row.covered === null ? badge('Unknown', 'warning') : row.covered ? badge('Covered', 'good') : badge('Not covered', 'bad')) },
      ],
    }),
  ];
}
