/** One line: how it stands, stood or would stand; price and debt over value; payments, mandates, events and what can be done. */

import { h } from '../dom.js';
import { lineStatus } from '../elements/facts.js';
import { heading, section } from '../elements/layout.js';
import { get } from '../http.js';
import { mountActions } from '../wallet/mounts.js';
import { charts } from './line/charts.js';
import { askedIn, choices, lookAt, notice } from './line/looking.js';
import { standing, terms } from './line/standing.js';
import { bills, events, mandates, payments } from './line/tables.js';

const SHOWN = 25;
const ROUNDS = 100;

export const topics = ['block'];
export const title = ({ params }) => `Line ${params.line_id}`;

export async function load({ params: { line_id: id }, query, signal }) {
  const present = await get(`/v1/lines/${id}`, { signal });
  const [looked, schedule, paid, registered, happened, ltv, feeds, note] = await Promise.all([
    lookAt(present, askedIn(query), signal),
    get(`/v1/lines/${id}/schedule`, { query: { limit: 6 }, signal }),
    get(`/v1/lines/${id}/payments`, { query: { limit: SHOWN }, signal }),
    get(`/v1/lines/${id}/mandates`, { signal }),
    newestEvents(id, signal),
    get(`/v1/lines/${id}/ltv`, { query: { limit: ROUNDS }, signal }),
    get('/v1/feeds', { signal }),
    present.holder ? get(`/v1/lines/${id}/note`, { signal }) : null,
  ]);
  const feed = feeds.items.find(({ address }) => address === ltv.feed) ?? null;
  const rounds = feed ? (await get(`/v1/feeds/${feed.address}/rounds`, { query: { limit: ROUNDS }, signal })).items : [];
  return { as_of: present.as_of, present, looked, schedule, paid, registered, happened, ltv: ltv.items, feed, rounds, note };
}

export function render({ present, looked, schedule, paid, registered, happened, note, ...drawn }, { query, path, update }) {
  const { line, past } = looked;
  const now_s = present.as_of.timestamp.epoch_s;
  const known = ({ block_number: number }) => !past || number <= line.as_of.block_number;
  return [
    heading(`Line ${line.line_id}`, lineStatus(line.status), line.market.name),
    notice(looked, path),
    past ? null : section('What you can do', h('div', { id: 'actions', 'data-keep': true })),
    section(tense(looked), standing(line, drawn.feed)),
    choices(present.market, { query, update }),
    past ? null : section('Price and thresholds', charts({ line: present, mandates: registered.items, ...drawn })),
    section('Payments', payments(paid.items.filter(({ log }) => known(log)), now_s)),
    past ? null : section('Mandates', mandates(registered.items, now_s)),
    past ? null : section('Bills to come', bills(schedule.bills, now_s)),
    section('Events', events(happened.filter(known))),
    section('Terms', terms(line)),
    note && !past ? section('The note', picture(note)) : null,
  ];
}

export function mounted(main, { present, looked }) {
  if (!looked.past) mountActions(main.querySelector('#actions'), present);
}

function tense({ asked, past, trouble }) {
  if (past) return 'How it stood';
  return asked && !trouble ? 'How it would stand' : 'How it stands';
}

/** As an image, where no script of a picture from the chain can run. */
function picture({ name, description, image }) {
  return h('img', { class: 'note', src: image, alt: `${name}: ${description}`, width: 270, height: 390 });
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
