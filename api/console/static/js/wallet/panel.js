/** Where a transaction is explained, confirmed and followed. One thing is shown at a time; screen readers hear it. */

import { h } from '../dom.js';
import { sentence, shortHex } from '../format.js';
import { hrefOf } from '../router.js';

const STATUS_WORDS = {
  pending: () => 'Sent. Waiting for a block…',
  unknown: () => 'Sent. No node answers right now; looking again…',
  mined: ({ block }) => `Mined in block ${block.block_number} (${block.finality}).`,
  reverted: ({ block }) => `Refused by the contract in block ${block.block_number}.`,
  dropped: () => 'Never mined.',
};

export class Panel {
  #status = h('p', { role: 'status', class: 'flow-status' });
  #question = h('div', { class: 'flow-question' });
  #hash = null;
  #decline = null;

  constructor(place) {
    place.replaceChildren(this.#question, this.#status);
  }

  busy(words) {
    this.#show(null, [h('span', { class: 'busy' }, words)]);
  }

  /** Whether the person says yes. `body`: elements and texts; `lasting`: only an answer ends the question. */
  ask({ title, body, yes, lasting = false }) {
    return new Promise((resolve) => {
      const heading = h('h4', { tabindex: -1 }, title);
      const answer = (agreed) => () => {
        this.#decline = null;
        this.#show(null, []);
        resolve(agreed);
      };
      this.#decline = lasting ? null : answer(false);
      const buttons = h(
        'div',
        { class: 'buttons' },
        h('button', { type: 'button', class: 'primary', onclick: answer(true) }, yes),
        h('button', { type: 'button', class: 'quiet', onclick: answer(false) }, 'Do nothing'),
      );
      this.#show([heading, ...body, buttons], []);
      heading.focus();
    });
  }

  /** Answers the question that is open, if one is, with no. Returns whether one was. */
  dismiss() {
    const decline = this.#decline;
    decline?.();
    return decline !== null;
  }

  sent(hash) {
    this.#hash = hash;
    this.#show(null, ['Sent. Waiting for a block…']);
  }

  progress(submission) {
    this.#hash = submission.tx_hash;
    this.#show(null, [`${STATUS_WORDS[submission.status](submission)} `, h('code', {}, shortHex(this.#hash)), openedLine(submission)]);
  }

  done(words) {
    this.#show(null, [h('span', { class: 'good' }, words)]);
  }

  /** An ApiError, WalletError, InputError or NotCarriedOut. Others are defects, and stay in the console of the browser. */
  failed(error) {
    if (!error.title && error.name !== 'InputError') throw error;
    const title = error.title ?? error.message;
    const details = [error.detail, error.hint].filter((text) => text && text !== title);
    this.#show(null, [h('strong', { class: 'bad' }, `${title}.`), details.length > 0 && ` ${details.map(sentence).join(' ')}`]);
  }

  #show(question, status) {
    this.#question.replaceChildren(...(question ?? []).filter(Boolean));
    this.#status.replaceChildren(...status.filter(Boolean));
  }
}

function openedLine({ function: name, status, tx_hash: hash }) {
  return name === 'open' && status === 'mined' && h('a', { href: hrefOf('/lines', { q: hash }) }, ' See the line');
}
