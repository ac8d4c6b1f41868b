/** Single facts: amounts, times, addresses, blocks and how final they are. */

import { h } from '../dom.js';
import { exactAmount, exactTime, relative, shortAmount, shortHex } from '../format.js';
import { hrefOf } from '../router.js';
import { FINALITY_WORDS, STATUS_WORDS, spelled } from '../words.js';

/** For what is not there. */
export function nothing(words = '—') {
  return h('span', { class: 'nothing' }, words);
}

/** An amount of the API, cut to a few places; all of its digits when the pointer rests on it. */
export function amount(value) {
  if (!value) return nothing();
  return h('data', { class: 'number', value: value.base_units, title: exactAmount(value) }, shortAmount(value));
}

/** The same with all of its digits. */
export function wholeAmount(value) {
  return value ? h('data', { class: 'number', value: value.base_units }, exactAmount(value)) : nothing();
}

/** A moment, and how far it is from `now_s`: chain time for the chain's, the clock's for the service's own. */
export function when(instant, now_s) {
  if (!instant) return nothing();
  const exact = exactTime(instant);
  if (!instant.rfc3339) return h('span', null, exact);
  return h('time', { datetime: instant.rfc3339, title: exact }, relative(instant.epoch_s, now_s));
}

/** A moment in full, with how far it is behind it. */
export function whenInFull(instant, now_s) {
  if (!instant) return nothing();
  if (!instant.rfc3339) return h('span', null, exactTime(instant));
  return h('time', { datetime: instant.rfc3339 }, exactTime(instant), h('span', { class: 'aside' }, ` ${relative(instant.epoch_s, now_s)}`));
}

/** Seconds of this computer's clock. */
export function clock_s() {
  return Date.now() / 1000;
}

/** An address or hash: short to look at, whole to read out and to copy. */
export function hex(text) {
  if (!text) return nothing();
  return h(
    'span',
    { class: 'hex' },
    h('code', { title: text }, shortHex(text)),
    h('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${text}`, title: 'Copy', onclick: (event) => copy(event, text) }, 'copy'),
  );
}

async function copy({ currentTarget: button }, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'copied';
  } catch {
    button.textContent = 'not copied';
  }
  setTimeout(() => (button.textContent = 'copy'), 1_500);
}

/** A word in a frame. `tone` (good, warning, bad, quiet) only colours what the word says. */
export function badge(word, tone = 'quiet', title = null) {
  return h('span', { class: `badge ${tone}`, title }, word);
}

export function finality(name) {
  return badge(name, { latest: 'warning', safe: 'quiet', finalized: 'good', orphaned: 'bad' }[name], FINALITY_WORDS[name]);
}

/** A block's number and how final it is. Takes what the API calls a position or a provenance. */
export function block(position) {
  if (!position) return nothing();
  return h('span', { class: 'block' }, h('span', { class: 'number', title: position.block_hash }, position.block_number.toLocaleString('en')), ' ', finality(position.finality));
}

export function lineStatus(status) {
  const tone = { current: 'good', due: 'warning', past_due: 'warning', default: 'bad', written_off: 'bad' }[status];
  return badge(STATUS_WORDS[status], tone ?? 'quiet');
}

const OUTCOME_TONES = {
  finalized: 'good', done: 'good', succeeded: 'good', mined: 'good', ok: 'good', fresh: 'good',
  failed: 'bad', reverted: 'bad', dropped: 'bad', dead: 'bad', critical: 'bad', stale: 'bad', bad: 'bad',
  pending: 'warning', queued: 'warning', signed: 'warning', sent: 'warning', broadcast: 'warning', late: 'warning', warning: 'warning', unknown: 'warning',
};

/** The state of something the service does or watches. */
export function outcome(status) {
  return badge(spelled(status), OUTCOME_TONES[status] ?? 'quiet');
}

export function lineLink(line_id) {
  return line_id === null || line_id === undefined ? nothing() : h('a', { class: 'line', href: hrefOf(`/lines/${line_id}`) }, `Line ${line_id}`);
}

/** The feeds that an oracle reads, as ways to their pages: by their pair where `feeds`, those that are followed, name it. */
export function feedLinks(addresses, feeds) {
  if (!addresses.length) return nothing();
  const pairs = new Map(feeds.map(({ address, pair }) => [address, pair]));
  return addresses.map((address) => h('a', { class: 'feed', href: hrefOf(`/feeds/${address}`) }, pairs.get(address) ?? shortHex(address)));
}
