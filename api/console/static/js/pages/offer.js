/** One offer: what was signed, whether it can be filled, and opening a line under it. */

import { h } from '../dom.js';
import { hex, wholeAmount, when } from '../elements/facts.js';
import { heading, section } from '../elements/layout.js';
import { facts } from '../elements/table.js';
import { hours, percent, shortHex } from '../format.js';
import { get } from '../http.js';
import { mountOfferActions } from '../wallet/mounts.js';
import { fillable } from './offers.js';

const RATES = [
  ['aprBps', 'Interest a year'], ['originationBps', 'Origination fee'], ['commitmentBps', 'Commitment fee a year'],
  ['penaltyBps', 'Penalty a year'], ['initialLtvBps', 'Drawn up to, of the value'], ['liquidationLtvBps', 'Liquidated above'],
  ['inKindLtvBps', 'Paid in kind from'],
];
const SPANS = [['periodHours', 'A bill every'], ['graceHours', 'Grace'], ['drawWindowHours', 'Can be drawn for'], ['termHours', 'Matures after']];

export const topics = ['block'];
export const title = () => 'Offer';

export function load({ params, signal }) {
  return get(`/v1/offers/${params.offer_hash}`, { signal });
}

export function render(offered) {
  const { offer, offer_hash: hash, fillable: can, as_of: asOf } = offered;
  return [
    heading(`Offer ${shortHex(hash)}`),
    section('What you can do', h('div', { id: 'actions', 'data-keep': true })),
    section('Whether it can be filled', facts([
      ['Can be opened', h('span', null, fillable(offered))],
      ['At most', wholeAmount(can.at_most)],
      ['At least', wholeAmount(can.at_least)],
      ['Expires', when(can.expires_at, asOf.timestamp.epoch_s)],
    ])),
    section('What the lender signed', facts([
      ['Lender', hex(offer.lender)],
      ['Borrower', /^0x0+$/.test(offer.borrower) ? 'Anyone' : hex(offer.borrower)],
      ...RATES.map(([name, label]) => [label, percent(Number(offer[name]))]),
      ...SPANS.map(([name, label]) => [label, hours(Number(offer[name]))]),
    ])),
  ];
}

export function mounted(main, offered) {
  mountOfferActions(main.querySelector('#actions'), offered);
}
