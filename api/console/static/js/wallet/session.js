/** Who is signed in: Sign-In with Ethereum (EIP-4361), kept by the API in a cookie that no script can read. */

import { ApiError, del, get, post } from '../http.js';
import { WalletError, isSame } from './provider.js';

const KEY = 'covenant.signed-in';

/** Dispatches `change` when somebody signs in or is no longer signed in. */
export class Session extends EventTarget {
  /** Null, or the address, roles and scopes of whoever is signed in. */
  current = null;

  #wallets;
  #storage;
  #rdns = null;

  constructor(wallets, storage) {
    super();
    this.#wallets = wallets;
    this.#storage = storage;
  }

  /** Finds out whether an earlier visit's session still holds. Asks nothing where nobody has signed in. */
  async restore() {
    const kept = read(this.#storage);
    if (!kept || Date.parse(kept.expires) <= Date.now()) return this.forget();
    try {
      this.#take(await get('/v1/sessions/current'), kept.rdns);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.forget();
    }
  }

  /** Throws WalletError or ApiError; then everything is as it was. */
  async signIn(wallet) {
    const address = await wallet.connect();
    const { message } = await post('/v1/sessions/nonce', { address });
    const signature = await wallet.signMessage(address, message);
    this.#take(await post('/v1/sessions', { message, signature }), wallet.rdns);
  }

  /** After a session has expired: the same wallet signs again. Throws as `signIn` does. */
  signInAgain() {
    return this.signIn(this.#chosen());
  }

  async signOut() {
    try {
      await del('/v1/sessions/current');
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error;
    }
    this.forget();
  }

  /** The session is over, as when the API answers that it has expired. */
  forget() {
    write(this.#storage, null);
    if (this.current === null) return;
    this.current = null;
    this.dispatchEvent(new Event('change'));
  }

  /** Whether `address` is the account that is signed in. */
  is(address) {
    return this.current !== null && isSame(this.current.address, address);
  }

  allows(scope) {
    return this.current?.scopes.includes(scope) ?? false;
  }

  /** The wallet of the account that is signed in, ready to act on chain `chainId`. Throws WalletError. */
  async wallet(chainId) {
    const wallet = this.#chosen();
    await wallet.prepareFor(this.current.address, chainId);
    return wallet;
  }

  #chosen() {
    const wallet = this.#wallets.named(this.#rdns) ?? this.#wallets.all[0];
    if (!wallet) throw new WalletError('No wallet was found in this browser', 'turn the wallet on and load the page again');
    return wallet;
  }

  #take({ account, scopes, expires_at: expiresAt }, rdns) {
    this.current = { address: account.address, roles: account.roles, scopes };
    this.#rdns = rdns;
    write(this.#storage, { rdns, expires: expiresAt.rfc3339 });
    this.dispatchEvent(new Event('change'));
  }
}

function read(storage) {
  try {
    return JSON.parse(storage.getItem(KEY));
  } catch {
    return null; // storage is forbidden here, or somebody else wrote into it
  }
}

function write(storage, kept) {
  try {
    if (kept) storage.setItem(KEY, JSON.stringify(kept));
    else storage.removeItem(KEY);
  } catch {
    // the session then ends with the page
  }
}
