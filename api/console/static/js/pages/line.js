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
const READ = 3 * SHOWN;
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
  return {
    as_of: present.as_of, present, looked, schedule, paid, registered, happened, ltv: ltv.items, feeds: feeds.items, feed, rounds, note,
  };
}

export function render({ present, looked, schedule, paid, registered, happened, feeds, note, ...drawn }, { query, path, update }) {
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
    past ? null : section('Mandates', mandates(registered.items, feeds, now_s)),
    past ? null : section('Bills to come', bills(schedule.bills, now_s)),
    section('Events', events(happened.filter(known), line.market)),
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

/** What was done. The state after it, which each of them is followed by, is for programs. */
async function newestEvents(id, signal) {
  const { items } = await get('/v1/events', { query: { line_id: id, sort: 'newest', limit: READ }, signal });
  return items.filter(({ kind }) => !kind.startsWith('line.state')).slice(0, SHOWN);
}
