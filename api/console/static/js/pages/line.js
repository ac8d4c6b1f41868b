/** One line: its terms and health, price and thresholds, payments, events, mandates, and what can be done with it. */

import { h } from '../dom.js';
import { amount, badge, block, hex, lineStatus, when, wholeAmount } from '../elements/facts.js';
import { heading, section } from '../elements/layout.js';
import { facts, table } from '../elements/table.js';
import { decimal, hours, percent } from '../format.js';
import { get } from '../http.js';
import { eventWords, spelled } from '../words.js';
import { priceChart } from '../chart.js';
import { mountActions } from '../wallet/mounts.js';

const SHOWN = 25;

export const topics = ['block'];
export const title = ({ params }) => `Line ${params.line_id}`;

export async function load({ params: { line_id: id }, signal }) {
  const line = await get(`/v1/lines/${id}`, { signal });
  const [schedule, payments, mandates, events, feeds, note] = await Promise.all([
    get(`/v1/lines/${id}/schedule`, { query: { limit: 6 }, signal }),
    get(`/v1/lines/${id}/payments`, { query: { limit: SHOWN }, signal }),
    get(`/v1/lines/${id}/mandates`, { signal }),
    newestEvents(id, signal),
    get('/v1/feeds', { signal }),
    line.holder ? get(`/v1/lines/${id}/note`, { signal }) : null,
  ]);
  // Which of several feeds prices this market is told by nothing yet, and a wrong one would mislead.
  const feed = feeds.items.length === 1 ? feeds.items[0] : null;
  const rounds = feed ? await get(`/v1/feeds/${feed.address}/rounds`, { query: { limit: 100 }, signal }) : { items: [] };
  return { ...line, schedule, payments, mandates, events, feed, note, rounds: rounds.items };
}

export function render(line) {
  const now_s = line.as_of.timestamp.epoch_s;
  return [
    heading(`Line ${line.line_id}`, lineStatus(line.status), line.market.name),
    section('What you can do', h('div', { id: 'actions', 'data-keep': true })),
    section('How it stands', standing(line)),
    section('Price and thresholds', priceChart({ rounds: line.rounds, thresholds: thresholds(line), title: `Price of ${line.feed?.pair ?? 'the collateral'}` })),
    section('Payments', payments(line.payments.items, now_s)),
    section('Mandates', mandates(line.mandates.items, now_s)),
    section('Bills to come', bills(line.schedule.bills, now_s)),
    section('Events', events(line.events)),
    section('Terms', terms(line)),
    ...(line.note ? [section('The note', picture(line.note))] : []),
  ];
}

export function mounted(main, line) {
  mountActions(main.querySelector('#actions'), line);
}

/** As an image, where no script of a picture from the chain can run. */
function picture({ name, description, image }) {
  return h('img', { class: 'note', src: image, alt: `${name}: ${description}`, width: 270, height: 390 });
}

function standing({ borrower, holder, balances, owed, health, as_of: asOf }) {
  const now_s = asOf.timestamp.epoch_s;
  return facts([
    ['Borrower', hex(borrower)],
    ['Holder of the note', hex(holder)],
    ['Debt', wholeAmount(owed.debt)],
    ['Due now', wholeAmount(owed.due)],
    ['Undrawn', wholeAmount(balances.undrawn)],
    ['Collateral', wholeAmount(balances.collateral)],
    ['Reserve', wholeAmount(balances.reserve)],
    ['Price', health.price?.decimal ? decimal(health.price.decimal) : health.price_unavailable],
    ['Debt over value', health.ltv_bps === null ? null : percent(health.ltv_bps)],
    ['Health', health.healthy === null ? badge('Unknown', 'warning') : health.healthy ? badge('Healthy', 'good') : badge('Can be liquidated', 'bad')],
    ['Can be liquidated at a price of', health.unhealthy_at_or_below?.decimal && `${decimal(health.unhealthy_at_or_below.decimal)} or less`],
    ['Next bill', when(owed.next_due_at, now_s)],
    ['In default', when(owed.defaults_at, now_s)],
  ]);
}

function thresholds({ health, mandates: { items } }) {
  const prices = items
    .filter(({ outlook, state }) => outlook?.at_or_below_price?.decimal && !state.revoked && !state.expired)
    .map(({ paid_from: source, outlook }) => ({ label: `Mandate fires (${spelled(source).toLowerCase()})`, price: outlook.at_or_below_price.decimal }));
  const liquidation = health.unhealthy_at_or_below?.decimal;
  return liquidation ? [...prices, { label: 'Can be liquidated', price: liquidation }] : prices;
}

function payments(rows, now_s) {
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

function mandates(rows, now_s) {
  const columns = [
    { label: 'When', cell: (row) => (row.kind === 'ltv' ? `Debt over value above ${percent(row.threshold_bps)}` : spelled(row.kind)) },
    { label: 'Pays from', cell: (row) => spelled(row.paid_from) },
    { label: 'Fired', numeric: true, cell: (row) => row.state.fires },
    { label: 'Left of its cap', numeric: true, cell: (row) => amount(row.state.cap_left) },
    { label: 'Fires now?', cell: (row) => (row.outlook?.fires_now ? badge('Fires', 'warning') : row.outlook?.why_not ?? 'Unknown') },
    { label: 'At a price of', numeric: true, cell: (row) => row.outlook?.at_or_below_price?.decimal ? `≤ ${decimal(row.outlook.at_or_below_price.decimal)}` : '—' },
    { label: 'Until', cell: (row) => when(row.expires_at, now_s) },
  ];
  return table({ caption: 'Mandates', columns, rows, key: (row) => row.mandate_hash, empty: 'No mandate is registered.' });
}

function bills(rows, now_s) {
  const columns = [
    { label: 'Due', cell: (row) => when(row.due_at, now_s) },
    { label: 'Principal', numeric: true, cell: (row) => amount(row.principal) },
    { label: 'Charges', numeric: true, cell: (row) => amount(row.charges) },
    { label: 'In all', numeric: true, cell: (row) => amount(row.amount) },
  ];
  return table({ caption: 'Bills to come', columns, rows, key: (row) => row.due_at.epoch_s, empty: 'No bill is to come.' });
}

function events(rows) {
  const columns = [
    { label: 'What happened', cell: (row) => eventWords(row.kind) },
    { label: 'Block', cell: (row) => block({ ...row, finality: row.finality }) },
    { label: 'Transaction', cell: (row) => hex(row.tx_hash) },
  ];
  return table({ caption: 'Events', columns, rows, key: (row) => row.position, empty: 'Nothing has happened.' });
}

function terms({ terms: of }) {
  return facts([
    ['Interest a year', percent(of.apr_bps)],
    ['Commitment fee a year', percent(of.commitment_bps)],
    ['Penalty a year', percent(of.penalty_bps)],
    ['Drawn up to, of the value', percent(of.initial_ltv_bps)],
    ['Liquidated above', percent(of.liquidation_ltv_bps)],
    ['Paid in kind from', percent(of.in_kind_ltv_bps)],
    ['A bill every', hours(of.period_hours)],
    ['Grace', hours(of.grace_hours)],
    ['Matures', of.matures_at.rfc3339?.slice(0, 10)],
  ]);
}

/** The log goes forward, and people want its end. */
async function newestEvents(id, signal) {
  let rows = [];
  for (let after = 0, more = true; more; ) {
    const page = await get('/v1/events', { query: { line_id: id, after, limit: 200 }, signal });
    rows = [...rows, ...page.items].slice(-SHOWN);
    after = page.last_position;
    more = page.has_more;
  }
  return rows.reverse();
}
