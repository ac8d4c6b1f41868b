/** The terms of an offer, and so of each line under it, as facts in words. */

import { hours, percent } from '../format.js';

/** Pairs for `facts`. Rates in basis points, spans in hours. */
export function termsInWords(of) {
  return [
    ['Interest', `${percent(of.apr_bps)} a year on what is drawn`],
    ['Commitment fee', `${percent(of.commitment_bps)} a year on what is undrawn`],
    ['Penalty', `${percent(of.penalty_bps)} a year more once the grace of a bill is over`],
    ['A bill', `every ${hours(of.period_hours)}, with ${hours(of.grace_hours)} of grace`],
    ['Principal in each bill', of.amort_bps ? `${percent(of.amort_bps)} of what is drawn, once drawing has ended` : 'none'],
    ['Drawn up to', `${percent(of.initial_ltv_bps)} of the collateral’s value`],
    ['Paid in kind from', `${percent(of.in_kind_ltv_bps)} of the value, at ${percent(of.in_kind_discount_bps)} less`],
    ['Liquidated above', `${percent(of.liquidation_ltv_bps)} of the value, with a bonus of ${percent(of.bonus_bps)}`],
  ];
}
