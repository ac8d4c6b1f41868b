/** The form in which a lender writes an offer. */

import { get } from '../http.js';
import { h } from '../dom.js';
import { Flow } from './flow.js';
import { offerFields, offerMessage, offerWords, postOffer, provide } from './offer.js';

const WRITES = 'offers:write';

export class OfferForm {
  #context;
  #place;
  #posted;
  #flow;

  /** `posted` is called when an offer has come into the order book. */
  constructor(place, context, posted) {
    this.#context = context;
    this.#posted = posted;
    this.#place = place;
    context.session.addEventListener('change', () => this.#render());
    this.#render();
  }

  #render() {
    if (this.#flow?.running) return;
    this.#flow = new Flow(this.#context);
    if (!this.#context.session.allows(WRITES)) {
      this.#place.replaceChildren(h('p', { class: 'hint' }, 'Sign in with a wallet to offer credit.'));
      return;
    }
    const begin = h('button', { type: 'button', onclick: () => this.#choose() }, 'Offer credit');
    this.#place.replaceChildren(h('div', { class: 'actions' }, begin), this.#flow.element);
  }

  async #choose(marketId = null) {
    const { items } = await get('/v1/markets');
    const markets = items.map(({ market }) => market);
    const market = markets.find(({ market_id: id }) => String(id) === marketId) ?? markets[0];
    const options = [market, ...markets.filter((other) => other !== market)].map(optionOf);
    const choice = { name: 'market', kind: 'choice', label: 'Market', options, onchange: ({ target }) => this.#choose(target.value) };
    this.#flow.offer([choice, ...offerFields(market)], 'Offer credit: see what you sign', (values, context) =>
      this.#post(market, values, context),
    );
  }

  async #post(market, { market: _, ...terms }, context) {
    const lender = context.session.current.address;
    const { items, as_of: asOf } = await get('/v1/offers', { query: { lender, limit: 1 } });
    const epoch = items[0]?.fillable.lender_epoch ?? 0;
    const offer = offerMessage(market, lender, epoch, asOf.timestamp.epoch_s, terms);
    const posted = await postOffer(offer, offerWords(market, offer), context);
    if (posted === null) return null;
    this.#posted();
    return provide(posted, context);
  }
}

function optionOf({ market_id: id, name }) {
  return { value: String(id), label: name };
}
