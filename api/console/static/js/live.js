/**
 * The one stream of events that a window follows.
 *
 * Dispatches `block` (detail: the mirror's new block), `event` (detail: one event, as GET /v1/events tells it) and
 * `state` (detail: `connecting`, `live` or `lost`). After a break it goes on where it was.
 */

import { EVENT_WORDS } from './words.js';

const STREAM = '/v1/events/stream';
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const REVERTED = '.reverted';

export class Live extends EventTarget {
  #source = null;
  #position = null;
  #waitMs = FIRST_WAIT_MS;
  #timer = null;

  state = 'connecting';

  start() {
    if (this.#source) return;
    const source = new EventSource(this.#position === null ? STREAM : `${STREAM}?after=${this.#position}`);
    this.#source = source;
    source.onopen = () => {
      this.#waitMs = FIRST_WAIT_MS;
      this.#become('live');
    };
    source.onerror = () => {
      this.#become('lost');
      // A browser comes back by itself after a break, but not after a refusal.
      if (source.readyState === EventSource.CLOSED) this.#comeBackLater();
    };
    source.addEventListener('block', ({ data }) => this.#tell('block', JSON.parse(data)));
    for (const kind of Object.keys(EVENT_WORDS).flatMap((kind) => [kind, kind + REVERTED])) {
      source.addEventListener(kind, (frame) => this.#hear(frame));
    }
  }

  stop() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #hear({ data, lastEventId }) {
    if (lastEventId) this.#position = lastEventId;
    this.#tell('event', JSON.parse(data));
  }

  #comeBackLater() {
    this.stop();
    this.#timer = setTimeout(() => this.start(), this.#waitMs);
    this.#waitMs = Math.min(2 * this.#waitMs, LONGEST_WAIT_MS);
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#tell('state', state);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
