/** The bar that says which block is shown, how far behind the chain it is, and whether the page is live. */

import { h } from './dom.js';
import { badge } from './elements/facts.js';
import { getReadiness } from './http.js';
import { morph } from './morph.js';

const LIVE_WORDS = {
  connecting: ['Connecting', 'quiet', 'The stream of events is being opened'],
  live: ['Live', 'good', 'The page moves as the chain moves'],
  lost: ['Not live', 'bad', 'The stream of events is interrupted; the page asks again every few seconds'],
};

export class ChainState {
  #place;
  #notice;
  #live;
  #block = null;
  #ready = null;
  #error = null;

  constructor(place, notice, live) {
    this.#place = place;
    this.#notice = notice;
    this.#live = live;
    live.addEventListener('block', ({ detail }) => {
      this.#block = detail;
      this.draw();
    });
    this.draw();
  }

  /** A page was loaded, as of a block; or of none, for what is not the chain's. */
  pageShows(as_of) {
    this.#error = null;
    if (as_of && (!this.#block || as_of.block_number > this.#block.block_number)) this.#block = as_of;
    this.draw();
  }

  pageFailed(error) {
    this.#error = error;
    this.draw();
  }

  /** Asks whether the service is well. */
  async look() {
    this.#ready = await getReadiness().catch(() => null);
    this.draw();
  }

  draw() {
    const [word, tone, title] = LIVE_WORDS[this.#live.state];
    const block = this.#block;
    morph(this.#place, h('div', null,
      block && h('span', null, `Chain ${block.chain_id}`),
      block && h('span', null, 'Block ', h('b', { class: 'number', title: block.block_hash }, block.block_number.toLocaleString('en'))),
      block && h('span', { class: 'chain-time' }, block.timestamp.rfc3339?.replace('T', ' ').replace('Z', ' UTC')),
      badge(word, tone, title),
      this.#ready && this.#health(),
    ));
    const says = this.#noticeWords();
    morph(this.#notice, h('div', null, says && h('p', { class: 'notice' }, says)));
  }

  /** How the service is, with how far the mirror is behind the chain; a way to what is wrong. */
  #health() {
    const { ready, checks } = this.#ready;
    const behind = checks.find(({ name }) => name === 'mirror')?.detail ?? null;
    const wrong = checks.filter(({ ok }) => !ok).map(({ name }) => name);
    return h('a', { href: '#/health' }, ready ? badge('Ready', 'good', behind) : badge(`Not well: ${wrong.join(', ')}`, 'bad', behind));
  }

  #noticeWords() {
    const shown = this.#block ? `What is shown is from block ${this.#block.block_number.toLocaleString('en')}. ` : '';
    if (this.#error && this.#error.code !== 'rate_limited' && this.#block) return `${shown}It could not be refreshed: ${this.#error.title ?? this.#error.message}.`;
    if (this.#live.state === 'lost') return `${shown}The stream of events is interrupted and will be taken up again.`;
    return null;
  }
}
