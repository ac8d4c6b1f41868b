/** One offer: what was signed, whether it can be filled, and opening a line under it. */

import { h } from '../dom.js';
import { hex, wholeAmount, when } from '../elements/facts.js';
import { heading, section } from '../elements/layout.js';
import { facts } from '../elements/table.js';
import { termsInWords } from '../elements/terms.js';
import { exactAmount, hours, percent, shortHex } from '../format.js';
import { get } from '../http.js';
import { mountOfferActions } from '../wallet/mounts.js';
import { fillable } from './offers.js';

export const topics = ['block'];
export const title = () => 'Offer';

export async function load({ params, signal }) {
  const [offered, markets] = await Promise.all([get(`/v1/offers/${params.offer_hash}`, { signal }), get('/v1/markets', { signal })]);
  const market = markets.items.map((item) => item.market).find(({ market_id: id }) => id === offered.market_id) ?? null;
  return { ...offered, market };
}

export function render(offered) {
  const { offer, offer_hash: hash, fillable: can, market, as_of: asOf } = offered;
  return [
    heading(`Offer ${shortHex(hash)}`, market?.name),
    section('What you can do', h('div', { id: 'actions', 'data-keep': true })),
    section('Whether it can be filled', facts([
      ['Can be opened', h('span', null, fillable(offered))],
      ['At most', wholeAmount(can.at_most)],
      ['At least', wholeAmount(can.at_least)],
      ['Expires', when(can.expires_at, asOf.timestamp.epoch_s)],
    ])),
    section('What the lender signed', facts(signed(offer, market))),
  ];
}

function signed(offer, market) {
  const loan = (units) => exactAmount(inToken(units, market?.loan, offer.loanToken));
  return [
    ['Lender', hex(offer.lender)],
    ['Borrower', /^0x0+$/.test(offer.borrower) ? 'Anyone' : hex(offer.borrower)],
    ['Lends at most', loan(offer.limit)],
    ['Against, for all of it', exactAmount(inToken(offer.minCollateral, market?.collateral, offer.collateralToken))],
    ['All offers of its group together', loan(offer.groupCap)],
    ['Oracle', hex(offer.oracle)],
    ...termsInWords(termsOf(offer)),
    ['Origination fee', `${percent(Number(offer.originationBps))} of what is lent`],
    ['Can be drawn for', hours(Number(offer.drawWindowHours))],
    ['Matures after', hours(Number(offer.termHours))],
  ];
}

function inToken(units, token, address) {
  return { base_units: units, token: token?.symbol ?? address, decimals: token?.decimals ?? null };
}

/** The terms named as the API names those of a line: `aprBps` is `apr_bps`. */
function termsOf(offer) {
  const terms = Object.entries(offer).filter(([name]) => /(Bps|Hours)$/.test(name));
  return Object.fromEntries(terms.map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), Number(value)]));
}

export function mounted(main, offered) {
  mountOfferActions(main.querySelector('#actions'), offered);
}
