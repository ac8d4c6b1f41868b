/** The wallet's place in the header: signing in, who is signed in, signing out. */

import { h } from '../dom.js';
import { shortHex } from '../format.js';
import { Panel } from './panel.js';

export class WalletButton {
  #session;
  #wallets;
  #menu = h('div', { class: 'wallet-menu', id: 'wallet-menu', hidden: true });
  #button = h('button', { type: 'button', 'aria-controls': 'wallet-menu', 'aria-expanded': 'false' });
  #panel = h('div', {});

  constructor(place, { session, wallets }) {
    this.#session = session;
    this.#wallets = wallets;
    this.#button.onclick = () => this.#toggle(this.#menu.hidden);
    place.classList.add('wallet');
    place.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#close();
    });
    place.replaceChildren(this.#button, this.#menu);
    session.addEventListener('change', () => this.#render());
    wallets.addEventListener('change', () => this.#render());
    this.#render();
  }

  #render() {
    const { current } = this.#session;
    this.#button.textContent = current ? shortHex(current.address) : 'Sign in';
    this.#menu.replaceChildren(...(current ? this.#signedIn(current) : this.#signedOut()), this.#panel);
  }

  #signedOut() {
    const { all } = this.#wallets;
    if (all.length === 0) {
      return [h('p', {}, 'No wallet was found in this browser. Turn one on (any that speaks EIP-1193), and load the page again.')];
    }
    return [
      h('p', {}, 'You sign a text that costs nothing and moves nothing.'),
      all.map((wallet) => this.#item(`Sign in with ${wallet.name}`, () => this.#session.signIn(wallet))),
    ].flat();
  }

  #signedIn({ address, roles }) {
    return [
      h('p', {}, h('code', { class: 'address' }, address)),
      h('p', {}, `Roles: ${roles.join(', ')}`),
      this.#item('Sign out', () => this.#session.signOut()),
    ];
  }

  #item(label, act) {
    return h('button', { type: 'button', onclick: () => this.#do(act) }, label);
  }

  async #do(act) {
    const panel = new Panel(this.#panel);
    panel.busy('Waiting for your wallet…');
    try {
      await act();
      this.#panel.replaceChildren();
      this.#close();
    } catch (error) {
      panel.failed(error);
    }
  }

  #close() {
    if (this.#menu.hidden) return;
    this.#toggle(false);
    this.#button.focus();
  }

  #toggle(open) {
    this.#menu.hidden = !open;
    this.#button.setAttribute('aria-expanded', String(open));
  }
}
