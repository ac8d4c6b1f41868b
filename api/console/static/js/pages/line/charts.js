/** The price of the collateral and the debt over its value, each with the levels at which something happens. */

import { ltvChart, priceChart } from '../../chart.js';
import { h } from '../../dom.js';
import { spelled } from '../../words.js';

/** `ltv`: points of GET /v1/lines/{line_id}/ltv; `feed`: what prices the line, null where several feeds do. */
export function charts({ line, mandates, ltv, feed, rounds }) {
  if (!feed) return h('p', { class: 'empty' }, 'Several feeds price this market together: none of them alone is its price.');
  const live = mandates.filter(({ state }) => !state.revoked && !state.expired);
  return [
    priceChart({ rounds, thresholds: prices(line, live), title: `Price of ${feed.pair}` }),
    ltvChart({ points: [...present(line), ...ltv], levels: levels(line, live), title: 'Debt over value' }),
  ];
}

function present({ as_of: { timestamp }, health: { ltv_bps } }) {
  return ltv_bps === null ? [] : [{ at: timestamp, ltv_bps }];
}

function prices({ health }, mandates) {
  const firing = mandates
    .filter(({ outlook }) => outlook?.at_or_below_price?.decimal)
    .map(({ paid_from: source, outlook }) => ({ label: mandateWords(source), price: outlook.at_or_below_price.decimal }));
  const liquidation = health.unhealthy_at_or_below?.decimal;
  return liquidation ? [...firing, { label: 'Can be liquidated', price: liquidation }] : firing;
}

function levels({ terms }, mandates) {
  return [
    ...mandates.filter(({ kind }) => kind === 'ltv').map(({ paid_from: source, threshold_bps: bps }) => ({ label: mandateWords(source), bps })),
    { label: 'Can be liquidated', bps: terms.liquidation_ltv_bps },
    { label: 'Drawn up to', bps: terms.initial_ltv_bps },
  ];
}

function mandateWords(source) {
  return `Mandate fires (${spelled(source).toLowerCase()})`;
}
