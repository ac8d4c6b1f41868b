/** What the account that is signed in may do, as buttons with a flow below them. */

import { get } from '../http.js';
import { h } from '../dom.js';
import { actionsOn, actionsOnOffer } from './catalogue.js';
import { Flow } from './flow.js';
import { KINDS, mandateFields, mandateMessage, registerMandate } from './mandate.js';
import { carryOut } from './transaction.js';

const WRITES = 'transactions:write';

/** A row of buttons that follows who is signed in and how its subject (a line, an offer) stands. */
class Actions {
  #context;
  #subject;
  #buttons = h('div', { class: 'actions' });
  #flow;
  #shown = null;

  constructor(place, context) {
    this.#context = context;
    this.#flow = new Flow(context);
    place.replaceChildren(this.#buttons, this.#flow.element);
    context.session.addEventListener('change', () => this.#render());
  }

  /** How the subject stands now. What is being filled in or followed stays. */
  update(subject) {
    this.#subject = subject;
    this.#render();
  }

  #render() {
    if (!this.#subject) return;
    const { session } = this.#context;
    const offered = session.allows(WRITES) ? this.offered(this.#subject, session.current.address) : [];
    const labels = session.current ? offered.map(({ label }) => label).join() : null;
    if (labels === this.#shown && this.#buttons.childElementCount > 0) return;
    this.#shown = labels;
    const focused = document.activeElement?.textContent;
    this.#buttons.replaceChildren(...(offered.length > 0 ? offered.map((one) => this.#button(one)) : [this.#emptiness()]));
    [...this.#buttons.querySelectorAll('button')].find(({ textContent }) => textContent === focused)?.focus();
    if (!session.current && !this.#flow.running) this.#renew();
  }

  #button({ label }) {
    return h('button', { type: 'button', onclick: () => this.#choose(label) }, label);
  }

  #emptiness() {
    const words = this.#context.session.current
      ? 'There is nothing for your account to do here.'
      : 'Sign in with a wallet to see what you can do here.';
    return h('p', { class: 'hint' }, words);
  }

  #choose(label) {
    if (!this.#flow.abandon()) return;
    this.#renew();
    const { address } = this.#context.session.current;
    const chosen = this.offered(this.#subject, address).find((one) => one.label === label);
    if (chosen) this.begin(chosen, this.#subject, this.#flow);
  }

  #renew() {
    const flow = new Flow(this.#context);
    this.#flow.element.replaceWith(flow.element);
    this.#flow = flow;
  }

  begin({ operation, fields, label, body }, _, flow) {
    flow.offer(fields, `${label}: see what it does`, (values, context) => carryOut({ operation, body: body(values) }, context));
  }
}

/** The actions on a line, with the mandates that its borrower can sign. */
export class LineActions extends Actions {
  offered(line, address) {
    return actionsOn(line, address);
  }

  begin(chosen, line, flow) {
    if (chosen.operation === 'register_mandate') offerMandate(line, flow, KINDS[0].value);
    else super.begin(chosen, line, flow);
  }
}

/** The actions on an offer of the book. */
export class OfferActions extends Actions {
  offered(offered, address) {
    return actionsOnOffer(offered, address);
  }
}

function offerMandate(line, flow, choice) {
  const again = ({ target }) => offerMandate(line, flow, target.value);
  const options = [...KINDS].sort((kind) => (kind.value === choice ? -1 : 1));
  const kind = { name: 'mandate', kind: 'choice', label: 'It pays', options, onchange: again };
  flow.offer([kind, ...mandateFields(line, choice)], 'Sign a mandate: see what it does', async (values, context) => {
    const latest = await get(`/v1/lines/${line.line_id}`);
    return registerMandate(latest, mandateMessage(latest, choice, values), context);
  });
}
