/** One thing that a person does in the page: a form, the panel below it, and what runs between them. */

import { form, mark } from './fields.js';
import { InputError, readInputs } from './inputs.js';
import { Panel } from './panel.js';
import { follow, isFinal } from './transaction.js';
import { h } from '../dom.js';

export class Flow {
  /** While it is true, nobody may take the flow's elements away, unless it can be abandoned. */
  running = false;

  #context;
  #place = h('div', { class: 'flow-panel' });
  #panel = new Panel(this.#place);

  /** `context`: session and live. */
  constructor(context) {
    this.#context = context;
    this.element = h('div', { class: 'flow' }, this.#place);
  }

  /**
   * Shows `fields` with a button; then `work` gets their values and the context. It returns a submission, which is followed until
   * it is final; or words to end with; or null if nothing was done.
   */
  offer(fields, label, work) {
    const element = form(fields, label, (textOf, shown) => this.#begin(fields, textOf, shown, work));
    this.element.replaceChildren(element, this.#place);
    element.querySelector('input, select, button').focus();
  }

  /** Ends what runs if it only waits for an answer. Returns whether nothing runs any more. */
  abandon() {
    if (this.running && !this.#panel.dismiss()) return false;
    this.running = false;
    return true;
  }

  async #begin(fields, textOf, shown, work) {
    if (this.running) {
      if (!this.abandon()) return;
      this.#panel = new Panel(this.#place); // what was abandoned has nothing more to say
    }
    const panel = this.#panel;
    const context = { ...this.#context, panel };
    this.running = true;
    try {
      const outcome = await work(readInputs(fields, textOf), context);
      this.#rest(panel); // what is mined needs nobody any more, and is followed all the same
      await this.#end(outcome, context);
    } catch (error) {
      this.#rest(panel);
      if (error instanceof InputError) mark(shown, error);
      else panel.failed(error);
    }
  }

  #rest(panel) {
    if (this.#panel === panel) this.running = false;
  }

  async #end(outcome, context) {
    if (outcome === null) context.panel.done('Nothing was sent.');
    else if (typeof outcome === 'string') context.panel.done(outcome);
    else await follow(outcome, isFinal, context);
  }
}
