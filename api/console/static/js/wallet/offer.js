/** An offer from the form to the order book: build → explain → sign → post. */

import { get, post } from '../http.js';
import { exactAmount, hours, percent } from '../format.js';
import { freshNumber } from './inputs.js';
import { toSign } from './explanation.js';
import { carryOut } from './transaction.js';
import { allowance } from './views.js';

const ANYONE = `0x${'0'.repeat(40)}`;
const HOUR_S = 3_600;
const MOST_OFFERS = 200;

/** The fields of an offer in `market` (as GET /v1/markets tells it). */
export function offerFields({ loan, collateral }) {
  return [
    { name: 'limit', kind: 'amount', label: 'Lend at most', unit: loan.symbol, decimals: loan.decimals },
    { name: 'minCollateral', kind: 'amount', label: 'Collateral for all of it', unit: collateral.symbol, decimals: collateral.decimals },
    { name: 'borrower', kind: 'address', label: 'Borrower (anyone if empty)', optional: true },
    rate('aprBps', 'Interest a year', '9'),
    rate('originationBps', 'Origination fee', '0.5'),
    rate('commitmentBps', 'Commitment fee a year', '1'),
    rate('penaltyBps', 'Penalty a year when past due', '5'),
    rate('initialLtvBps', 'Drawn up to, of the value', '50'),
    rate('liquidationLtvBps', 'Liquidated above, of the value', '80'),
    rate('bonusBps', 'Liquidator’s bonus', '5'),
    rate('inKindLtvBps', 'Paid in kind from, of the value', '63'),
    rate('inKindDiscountBps', 'Discount in kind', '3'),
    rate('amortBps', 'Principal due each period', '0'),
    span('periodHours', 'A bill every', '720'),
    span('graceHours', 'Grace after a bill', '72'),
    span('drawWindowHours', 'Can be drawn for', '4320'),
    span('termHours', 'Matures after', '8760'),
    span('expiry', 'The offer stands for', '168'),
  ];
}

/** The message that is signed (EIP-712 `Offer`). Its group is its own, so that one line exhausts it. */
export function offerMessage(market, lender, epoch, nowS, { borrower, expiry, ...terms }) {
  return {
    ...terms,
    lender,
    borrower: borrower ?? ANYONE,
    loanToken: market.loan.address,
    collateralToken: market.collateral.address,
    oracle: market.oracle,
    expiry: String(nowS + Number(expiry) * HOUR_S),
    group: freshNumber(),
    groupCap: terms.limit,
    epoch: String(epoch),
  };
}

/** What its lender binds itself to, for it to read. */
export function offerWords({ loan, collateral }, offer) {
  const lent = exactAmount({ base_units: offer.limit, token: loan.symbol, decimals: loan.decimals });
  const secured = exactAmount({ base_units: offer.minCollateral, token: collateral.symbol, decimals: collateral.decimals });
  const told = (bps) => percent(Number(bps));
  const spelled = (count) => hours(Number(count));
  return (
    `lend up to ${lent} against ${secured}, at ${told(offer.aprBps)} a year on what is drawn and ${told(offer.commitmentBps)} on what ` +
    `is not, with a fee of ${told(offer.originationBps)}. A bill comes every ${spelled(offer.periodHours)} and has ` +
    `${spelled(offer.graceHours)} of grace; all of it is due after ${spelled(offer.termHours)}. Drawn up to ${told(offer.initialLtvBps)} ` +
    `of the collateral’s value and liquidated above ${told(offer.liquidationLtvBps)}. Whoever opens a line under it takes the money ` +
    'from your account, as far as you let the vault.'
  );
}

const rate = (name, label, value) => ({ name, kind: 'percent', label, unit: '%', value });
const span = (name, label, value) => ({ name, kind: 'whole', label, unit: 'hours', value });

/** Signs and posts an offer. Returns it as posted, null if the person thought better of it. Throws ApiError, WalletError. */
export async function postOffer(offer, words, { session, panel }) {
  panel.busy('Building what you sign…');
  const payload = await post('/v1/offers/typed-data', { offer });
  if (!(await panel.ask(toSign(words)))) return null;
  const wallet = await session.wallet(payload.chain_id);
  panel.busy(`Waiting for your signature in ${wallet.name}…`);
  const signature = await wallet.signTypedData(offer.lender, payload.typed_data);
  return post('/v1/offers', { chain_id: payload.chain_id, vault: payload.vault, offer, signature });
}

/**
 * Lets the vault take what all open offers of the lender promise in the token of `posted`, if it may not yet. Returns the submission, or
 * words about why there is none. Throws as `carryOut` does.
 */
export async function provide(posted, context) {
  const { chain_id: chainId, vault, offer } = posted;
  const wallet = await context.session.wallet(chainId);
  const promised = await promisedBy(offer.lender, offer.loanToken);
  if ((await allowance(wallet, offer.loanToken, offer.lender, vault)) >= promised) return 'Your offer is in the order book.';
  const body = { from: offer.lender, token: offer.loanToken, amount: String(promised) };
  const why = 'Your offer is in the order book. So that it can be taken:';
  return (
    (await carryOut({ operation: 'approve', body, why }, context)) ??
    'Your offer is in the order book, and nobody can take it until you let the vault take the money.'
  );
}

async function promisedBy(lender, token) {
  const { items } = await get('/v1/offers', { query: { lender, fillable: true, limit: MOST_OFFERS } });
  return items
    .filter(({ offer }) => offer.loanToken === token)
    .reduce((sum, { fillable }) => sum + BigInt(fillable.at_most.base_units), 0n);
}
