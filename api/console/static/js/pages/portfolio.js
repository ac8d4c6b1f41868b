/** All lines together: what is lent, how safe it is, what comes next. */

import { h, svg } from '../dom.js';
import { amount, feedLinks, lineLink, lineStatus, when } from '../elements/facts.js';
import { filters, heading, missing, section } from '../elements/layout.js';
import { table } from '../elements/table.js';
import { decimal, percent, plural } from '../format.js';
import { get } from '../http.js';
import { hrefOf } from '../router.js';
import { STATUS_WORDS } from '../words.js';
import { ESSENTIALS } from './alerts.js';
import { marketField } from './lines.js';

const ALERTS = 5;
const LENT = [
  ['Limit', 'limit'], ['Principal', 'principal'], ['Accrued', 'accrued'], ['Due', 'due'], ['Undrawn', 'undrawn'], ['Reserves', 'reserve'],
  ['Claims', 'claim'], ['Collateral value', 'collateral_value'],
];
const SECURING = [['Collateral', 'collateral'], ['Claims', 'claim']];
const BAND_WORDS = {
  unhealthy: 'Can be liquidated', critical: 'Critical', tight: 'Tight', watched: 'Watched', comfortable: 'Comfortable',
  no_debt: 'No debt', no_price: 'No price',
};

export const topics = ['block'];
export const title = () => 'Portfolio';

export async function load({ query, signal, session }) {
  const mayKnow = session()?.scopes.includes('alerts:read');
  try {
    const [portfolio, known, feeds, alerts] = await Promise.all([
      get('/v1/portfolio', { query, signal }),
      get('/v1/markets', { signal }),
      get('/v1/feeds', { signal }),
      mayKnow ? get('/v1/alerts', { query: { limit: ALERTS }, signal }) : null,
    ]);
    return { ...portfolio, known: known.items, feeds: feeds.items, alerts };
  } catch (error) {
    if (error.status !== 404) throw error;
    return { error };
  }
}

export function render({ error, known, feeds, alerts, ...portfolio }, { query, update }) {
  if (error) return [heading('Portfolio'), missing(error)];
  const now_s = portfolio.as_of.timestamp.epoch_s;
  const fields = [
    { name: 'lender', label: 'Lender', placeholder: '0x…' },
    { name: 'borrower', label: 'Borrower', placeholder: '0x…' },
    marketField(known),
  ];
  return [
    heading('Portfolio'),
    alerts?.items.length ? section('Open alerts', openAlerts(alerts.items)) : null,
    filters({ label: 'Filter the portfolio', fields, query, update }),
    h('ul', { class: 'counts' }, Object.entries(portfolio.lines_by_status).map(([status, count]) => h('li', null, h('a', { href: hrefOf('/lines', { ...query, status }) }, h('b', { class: 'number' }, count), ` ${STATUS_WORDS[status].toLowerCase()}`)))),
    section('Lent', totals('Lent', portfolio.loans, LENT)),
    section('Secured by', totals('Secured by', portfolio.collaterals, SECURING)),
    section('Health', bands(portfolio.health)),
    section('Next bills', bills(portfolio.next_bills, now_s)),
    section('Markets', markets(portfolio.markets, known, feeds)),
  ];
}

function openAlerts(rows) {
  return table({
    caption: 'Open alerts',
    rows,
    key: (alert) => alert.id,
    empty: 'Nothing needs a person.',
    columns: ESSENTIALS,
  });
}

/** Sums for each token: `[label, name]` of each. */
function totals(caption, rows, sums) {
  return table({
    caption,
    rows,
    key: (row) => row.token.address,
    empty: 'No line is open.',
    columns: [
      { label: 'Token', cell: (row) => row.token.symbol ?? row.token.address },
      ...sums.map(([label, name]) => ({ label, numeric: true, cell: (row) => amount(row[name]) })),
    ],
  });
}

function bands(rows) {
  const most = Math.max(1, ...rows.map((row) => row.lines));
  return table({
    caption: 'Lines by how far the price must fall until they can be liquidated',
    rows,
    key: (row) => row.band,
    empty: 'No line is open.',
    columns: [
      { label: 'Band', cell: (row) => BAND_WORDS[row.band] ?? row.band },
      { label: 'Price may fall', cell: fall },
      { label: 'Lines', numeric: true, cell: (row) => row.lines },
      { label: 'Share', cell: (row) => bar(row, most) },
      { label: 'Debt', numeric: true, cell: (row) => (row.debt.length ? row.debt.map((sum) => h('div', null, amount(sum))) : '—') },
    ],
  });
}

function fall({ fall_from_bps: from, fall_to_bps: to }) {
  if (from === null) return '—';
  return to === null ? `${percent(from)} or more` : `${percent(from)} to ${percent(to)}`;
}

function bar({ band, lines }, most) {
  const width = (100 * lines) / most;
  return svg('svg', { class: `bar ${band}`, viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('rect', { class: 'track', width: 100, height: 8 }), svg('rect', { class: 'fill', width, height: 8 }));
}

function bills(rows, now_s) {
  return table({
    caption: 'Next bills',
    rows,
    key: (row) => row.line_id,
    empty: 'No bill is to come.',
    columns: [
      { label: 'Line', cell: (row) => lineLink(row.line_id) },
      { label: 'Status', cell: (row) => lineStatus(row.status) },
      { label: 'Due', cell: (row) => when(row.due_at, now_s) },
      { label: 'Amount', numeric: true, cell: (row) => amount(row.amount) },
    ],
  });
}

function markets(rows, known, feeds) {
  const feedsOf = new Map(known.map(({ market, feeds }) => [market.market_id, feeds]));
  return table({
    caption: 'Markets',
    rows,
    key: (row) => row.market.market_id,
    empty: 'No market has a line.',
    columns: [
      { label: 'Market', cell: (row) => row.market.name },
      { label: 'Price', numeric: true, cell: (row) => (row.price?.decimal ? decimal(row.price.decimal) : (row.price_unavailable ?? '—')) },
      { label: 'Priced by', cell: (row) => feedLinks(feedsOf.get(row.market.market_id) ?? [], feeds) },
      { label: 'Open', numeric: true, cell: (row) => plural(row.open_lines, 'line') },
      { label: 'Debt', numeric: true, cell: (row) => amount(row.debt) },
      { label: 'Collateral', numeric: true, cell: (row) => amount(row.collateral) },
      { label: 'Value', numeric: true, cell: (row) => amount(row.collateral_value) },
      { label: 'Debt over value', numeric: true, cell: (row) => (row.ltv_bps === null ? '—' : percent(row.ltv_bps)) },
    ],
  });
}
