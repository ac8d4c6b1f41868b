/** How a line stands, and the terms that its lender signed, as facts in words. */

import { h } from '../../dom.js';
import { badge, block, hex, nothing, whenInFull, wholeAmount } from '../../elements/facts.js';
import { facts } from '../../elements/table.js';
import { termsInWords } from '../../elements/terms.js';
import { decimal, grouped, percent } from '../../format.js';
import { hrefOf } from '../../router.js';

/** `feed`: the one that prices the line; null where several do. */
export function standing({ borrower, holder, balances, owed, health, state, at }, feed) {
  const now_s = at.epoch_s;
  return facts([
    ['Borrower', hex(borrower)],
    ['Holder of the note', hex(holder)],
    ['Debt', wholeAmount(owed.debt)],
    ['Due now', wholeAmount(owed.due)],
    ['Undrawn', wholeAmount(balances.undrawn)],
    ['Collateral', wholeAmount(balances.collateral)],
    ['Reserve', wholeAmount(balances.reserve)],
    ['Price', price(health, feed)],
    ['Debt over value', health.ltv_bps === null ? null : percent(health.ltv_bps)],
    ['Health', healthWords(health)],
    ['Can be liquidated at a price of', health.unhealthy_at_or_below?.decimal && `${decimal(health.unhealthy_at_or_below.decimal)} or less`],
    ['Next bill', whenInFull(owed.next_due_at, now_s)],
    ['In default, if unpaid', owed.defaults_at ? whenInFull(owed.defaults_at, now_s) : nothing('never')],
    ['Last changed in block', block(state)],
  ]);
}

function price({ price: found, price_from: source, price_unavailable: why }, feed) {
  if (!found) return why;
  const words = found.decimal ? decimal(found.decimal) : `${grouped(found.e36)} / 10^36`;
  if (source === 'asked') return [words, ' (asked for)'];
  return feed ? [words, ' by ', h('a', { href: hrefOf(`/feeds/${feed.address}`) }, feed.pair)] : words;
}

function healthWords({ healthy }) {
  if (healthy === null) return badge('Unknown', 'warning');
  return healthy ? badge('Healthy', 'good') : badge('Can be liquidated', 'bad');
}

export function terms({ terms: of, opened, at }) {
  const now_s = at.epoch_s;
  return facts([
    ...termsInWords(of),
    ['Origination fee', wholeAmount(opened.origination_fee)],
    ['Can be drawn until', whenInFull(of.draw_window_ends_at, now_s)],
    ['All of it is due', whenInFull(of.matures_at, now_s)],
    ['Opened', whenInFull(opened.at, now_s)],
    ['Opened in block', block(opened)],
    ['Transaction', hex(opened.tx_hash)],
    ['Offer', hex(opened.offer_hash)],
  ]);
}
