/** Wallets of this browser: found by EIP-6963 or at `window.ethereum`, and spoken to by EIP-1193. */

/** What a wallet did not do, in words, and what to do about it. `code` is the wallet's own (EIP-1193), if it gave one. */
export class WalletError extends Error {
  constructor(title, hint, code = null) {
    super(title);
    this.name = 'WalletError';
    this.title = title;
    this.hint = hint;
    this.code = code;
  }
}

const REFUSALS = new Map([
  [4001, ['You declined it in the wallet', 'nothing was sent; begin again whenever you like']],
  [4100, ['The wallet does not let this site see that account', 'unlock the wallet and connect the account to this site']],
  [4200, ['The wallet cannot do this', 'use a wallet that signs typed data and sends transactions']],
  [4900, ['The wallet is not connected to any chain', 'check its connection and try again']],
  [4901, ['The wallet is not connected to this chain', 'choose this chain in the wallet and try again']],
  [4902, ['The wallet does not know this chain', 'add the chain to the wallet, then try again']],
  [-32002, ['The wallet is waiting for an answer to an earlier request', 'open the wallet and answer it there']],
]);

/** The wallets that made themselves known. Dispatches `change` when another one does. */
export class Wallets extends EventTarget {
  #found = new Map();

  constructor(window) {
    super();
    window.addEventListener('eip6963:announceProvider', ({ detail }) => this.#add(detail));
    window.dispatchEvent(new Event('eip6963:requestProvider'));
    this.injected = () => window.ethereum;
  }

  /** Each as a Wallet; one that only stands at `window.ethereum` is there too. */
  get all() {
    const found = [...this.#found.values()];
    const injected = this.injected();
    if (injected && !found.some((wallet) => wallet.provider === injected)) {
      found.push(new Wallet({ rdns: 'injected', name: 'Browser wallet' }, injected));
    }
    return found;
  }

  named(rdns) {
    return this.all.find((wallet) => wallet.rdns === rdns) ?? null;
  }

  #add({ info, provider }) {
    if (this.#found.has(info.uuid)) return;
    this.#found.set(info.uuid, new Wallet(info, provider));
    this.dispatchEvent(new Event('change'));
  }
}

/** One wallet. Every method throws WalletError. */
export class Wallet {
  constructor({ rdns, name }, provider) {
    this.rdns = rdns;
    this.name = name;
    this.provider = provider;
  }

  /** Asks the person which account this site may see, and returns it. */
  async connect() {
    return (await this.#accounts())[0];
  }

  /** Makes sure that the wallet will act for `address`, on chain `chainId`. */
  async prepareFor(address, chainId) {
    await this.#requireAccount(address);
    await this.#requireChain(chainId);
  }

  /** The signature of `text`, as EIP-191 writes it. */
  signMessage(address, text) {
    return this.#ask('personal_sign', [hexOf(text), address]);
  }

  /** The EIP-712 signature of `typedData`, as the API built it. */
  signTypedData(address, typedData) {
    return this.#ask('eth_signTypedData_v4', [address, JSON.stringify(typedData)]);
  }

  /** Signs and sends what the API prepared; returns the transaction's hash. */
  send({ from, to, data, value_wei: valueWei, gas_limit: gasLimit }) {
    const gas = gasLimit === null ? {} : { gas: quantity(gasLimit) };
    return this.#ask('eth_sendTransaction', [{ from, to, data, value: quantity(valueWei), ...gas }]);
  }

  /** What a view function of `to` returns for `data` at the head. */
  call(to, data) {
    return this.#ask('eth_call', [{ to, data }, 'latest']);
  }

  async #requireAccount(address) {
    const shown = await this.#ask('eth_accounts');
    const accounts = shown.length > 0 ? shown : await this.#accounts();
    if (accounts.some((account) => isSame(account, address))) return;
    throw new WalletError(
      'The wallet shows another account than the one that is signed in',
      `choose ${address} in the wallet, or sign out and sign in with the other account`,
    );
  }

  async #accounts() {
    const accounts = await this.#ask('eth_requestAccounts');
    if (accounts.length > 0) return accounts;
    throw new WalletError('The wallet shows no account', 'unlock the wallet, and let it show one to this site');
  }

  async #requireChain(chainId) {
    if (BigInt(await this.#ask('eth_chainId')) === BigInt(chainId)) return;
    try {
      await this.#ask('wallet_switchEthereumChain', [{ chainId: quantity(chainId) }]);
    } catch (error) {
      throw new WalletError(`The wallet is on another chain; this is chain ${chainId}`, error.hint, error.code);
    }
    // A wallet may say yes and stay where it is.
    if (BigInt(await this.#ask('eth_chainId')) !== BigInt(chainId)) {
      throw new WalletError(`The wallet is on another chain; this is chain ${chainId}`, 'choose this chain in the wallet');
    }
  }

  async #ask(method, params = []) {
    try {
      return await this.provider.request({ method, params });
    } catch (error) {
      const [title, hint] = REFUSALS.get(error?.code) ?? ['The wallet refused', error?.message ?? 'it does not say why'];
      throw new WalletError(title, hint, error?.code ?? null);
    }
  }
}

/** Whether two addresses are one, however they are written. */
export function isSame(address, other) {
  return Boolean(address && other) && address.toLowerCase() === other.toLowerCase();
}

function quantity(number) {
  return `0x${BigInt(number).toString(16)}`;
}

function hexOf(text) {
  return `0x${[...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
