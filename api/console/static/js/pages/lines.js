/** All lines: filtered, sorted and paged by the API. */

import { amount, hex, lineLink, lineStatus, when } from '../elements/facts.js';
import { filters, heading } from '../elements/layout.js';
import { pages, table } from '../elements/table.js';
import { get } from '../http.js';
import { STATUS_WORDS } from '../words.js';

const SORTS = [
  ['', 'Oldest first'],
  ['-id', 'Newest first'],
  ['next_due', 'Next bill first'],
  ['-principal', 'Largest first'],
  ['principal', 'Smallest first'],
];

export const topics = ['block'];
export const title = () => 'Lines';

export async function load({ query, signal }) {
  const [lines, known] = await Promise.all([
    get('/v1/lines', { query: { ...query, limit: 50 }, signal }),
    get('/v1/markets', { signal }),
  ]);
  return { ...lines, known: known.items };
}

export function render({ items, as_of: asOf, next_cursor, known }, { query, path, update }) {
  const fields = [
    { name: 'q', label: 'Search', placeholder: 'id, address, hash' },
    { name: 'status', label: 'Status', options: [['', 'All'], ...Object.entries(STATUS_WORDS)] },
    marketField(known),
    { name: 'lender', label: 'Lender', placeholder: '0x…' },
    { name: 'borrower', label: 'Borrower', placeholder: '0x…' },
    { name: 'holder', label: 'Holder of the note', placeholder: '0x…' },
    { name: 'sort', label: 'Order', options: SORTS },
  ];
  return [
    heading('Lines'),
    filters({ label: 'Filter lines', fields, query, update }),
    table({ caption: 'Lines', columns: lineColumns(asOf.timestamp.epoch_s), rows: items, key: (line) => line.line_id, empty: 'No line is like this.' }),
    pages({ path, query, next_cursor }),
  ];
}

/** A choice among the markets that GET /v1/markets lists. */
export function marketField(known) {
  return { name: 'market_id', label: 'Market', options: [['', 'All'], ...known.map(({ market }) => [String(market.market_id), market.name])] };
}

/** The columns of a table of lines; `now_s` is chain time. */
function lineColumns(now_s) {
  return [
    { label: 'Line', cell: (line) => lineLink(line.line_id) },
    { label: 'Market', cell: (line) => line.market.name },
    { label: 'Status', cell: (line) => lineStatus(line.status) },
    { label: 'Borrower', cell: (line) => hex(line.borrower) },
    { label: 'Debt', numeric: true, cell: (line) => amount(line.owed.debt) },
    { label: 'Collateral', numeric: true, cell: (line) => amount(line.balances.collateral) },
    { label: 'Undrawn', numeric: true, cell: (line) => amount(line.balances.undrawn) },
    { label: 'Next bill', cell: (line) => when(line.owed.next_due_at, now_s) },
  ];
}
