/** Where the pages put what needs a wallet. Each place is mounted once; mounted again, it gets the newer facts. */

import { LineActions, OfferActions } from './actions.js';
import { WalletButton } from './button.js';
import { OfferForm } from './offer-form.js';
import { Session } from './session.js';
import { Wallets } from './provider.js';

const mounted = new WeakMap();
let context = null;

/** Once, before the others: `live` is the window's stream of events; `changed` is called when somebody signs in or out. */
export function mountWalletButton(place, live, changed = () => {}) {
  const wallets = new Wallets(window);
  const session = new Session(wallets, window.localStorage);
  context = { session, wallets, live };
  session.addEventListener('change', changed);
  new WalletButton(place, context);
  return session.restore();
}

/** Who is signed in: address, roles and scopes; null for nobody. */
export function signedIn() {
  return context.session.current;
}

/** What the account that is signed in may do on `line`, as GET /v1/lines/{line_id} tells it. */
export function mountActions(place, line) {
  mount(place, LineActions).update(line);
}

/** What it may do with an offer, as GET /v1/offers/{offer_hash} tells it. */
export function mountOfferActions(place, offered) {
  mount(place, OfferActions).update(offered);
}

/** The form in which a lender writes, signs and posts an offer; `posted` is called when it has. */
export function mountOfferForm(place, posted) {
  mount(place, OfferForm, posted);
}

function mount(place, Kind, ...more) {
  if (!mounted.has(place)) mounted.set(place, new Kind(place, context, ...more));
  return mounted.get(place);
}
