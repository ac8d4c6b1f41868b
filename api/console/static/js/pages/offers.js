/** The order book, and the form in which a lender adds to it. */

import { h } from '../dom.js';
import { amount, badge, hex } from '../elements/facts.js';
import { filters, heading, section } from '../elements/layout.js';
import { pages, table } from '../elements/table.js';
import { percent, shortHex } from '../format.js';
import { get } from '../http.js';
import { hrefOf } from '../router.js';
import { mountOfferForm } from '../wallet/mounts.js';
import { WHY_NOT_FILLABLE } from '../words.js';

export const topics = ['block'];
export const title = () => 'Offers';

export function load({ query, signal }) {
  return get('/v1/offers', { query: { ...query, limit: 50 }, signal });
}

export function render({ items, next_cursor }, { query, path, update }) {
  const fields = [
    { name: 'fillable', label: 'Show', options: [['', 'All'], ['true', 'Those that can be filled']] },
    { name: 'lender', label: 'Lender', placeholder: '0x…' },
  ];
  return [
    heading('Offers'),
    filters({ label: 'Filter offers', fields, query, update }),
    table({ caption: 'Offers', columns: COLUMNS, rows: items, key: (row) => row.offer_hash, empty: 'No offer is like this.' }),
    pages({ path, query, next_cursor }),
    section('Lend', h('div', { id: 'offer-form', 'data-keep': true })),
  ];
}

export function mounted(main, _, { again }) {
  mountOfferForm(main.querySelector('#offer-form'), again);
}

const COLUMNS = [
  { label: 'Offer', cell: (row) => h('a', { href: hrefOf(`/offers/${row.offer_hash}`) }, shortHex(row.offer_hash)) },
  { label: 'Lender', cell: (row) => hex(row.offer.lender) },
  { label: 'Can be opened', cell: fillable },
  { label: 'At most', numeric: true, cell: (row) => amount(row.fillable.at_most) },
  { label: 'Interest a year', numeric: true, cell: (row) => percent(Number(row.offer.aprBps)) },
  { label: 'Drawn up to', numeric: true, cell: (row) => percent(Number(row.offer.initialLtvBps)) },
];

export function fillable({ fillable: { open, why_not: why } }) {
  return open ? badge('Yes', 'good') : [badge('No'), ` ${WHY_NOT_FILLABLE[why]}`];
}
