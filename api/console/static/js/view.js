/** Shows one page at a time and keeps it true: loads it, draws it, and does both again when its topics move. */

import { failure, loading } from './elements/layout.js';
import { h } from './dom.js';
import { morph } from './morph.js';

const LOADING_AFTER_MS = 200;
const BETWEEN_LOADS_MS = 800;

/**
 * A page is `{title(context), load(context), render(data, context), topics}` and may have `mounted(main, data, context)`.
 * Its context holds `params`, `query`, `path`, `signal`, `update(changes of the query)`, `again()`, which loads it anew, and
 * `session()`, which tells who is signed in.
 */
export class View extends EventTarget {
  #main;
  #page = null;
  #context = null;
  #data = null;
  #stop = null;
  #loading = false;
  #wanted = false;

  constructor(main) {
    super();
    this.#main = main;
  }

  /** Leaves the page that is shown. Asking for the same page with another query keeps what can be kept. */
  open(page, context) {
    const samePlace = this.#page === page && this.#context?.path === context.path;
    this.#stop?.abort();
    this.#stop = new AbortController();
    this.#page = page;
    this.#context = { ...context, signal: this.#stop.signal, again: () => this.again() };
    this.#loading = this.#wanted = false;
    document.title = `${page.title(this.#context)} · Covenant`;
    if (!samePlace) {
      this.#data = null;
      this.#main.replaceChildren();
      const { signal } = this.#stop;
      setTimeout(() => !signal.aborted && !this.#main.hasChildNodes() && this.#draw(loading()), LOADING_AFTER_MS);
    }
    return this.#load();
  }

  /** Something moved: loads again if the page cares, at most once at a time, and not while nobody looks. */
  moved(topic) {
    if (this.#page?.topics.includes(topic)) this.again();
  }

  /** The same for what does not come from the chain, such as who is signed in. */
  again() {
    if (!this.#page) return;
    if (document.hidden || this.#loading) this.#wanted = true;
    else this.#load();
  }

  /** Somebody looks again. */
  seen() {
    if (this.#wanted && !this.#loading) this.#load();
  }

  async #load() {
    const page = this.#page;
    const context = this.#context;
    this.#loading = true;
    this.#wanted = false;
    try {
      const data = await page.load(context);
      if (context.signal.aborted) return;
      this.#data = data;
      this.#draw(page.render(data, context));
      page.mounted?.(this.#main, data, context);
      this.#tell('loaded', data);
    } catch (error) {
      if (context.signal.aborted) return;
      if (!(error.name === 'ApiError')) console.error(error);
      if (this.#data === null) this.#draw(failure(error, () => this.#load()));
      this.#tell('failed', error);
    }
    setTimeout(() => {
      if (context.signal.aborted) return;
      this.#loading = false;
      if (!document.hidden) this.seen();
    }, BETWEEN_LOADS_MS);
  }

  #draw(content) {
    morph(this.#main, h('main', null, content));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
