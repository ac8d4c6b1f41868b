/** What an account may do with a line or an offer. What it may not do is not offered. */

import { isSame } from './provider.js';

/**
 * The actions on `line` (as GET /v1/lines/{line_id} tells it) that are open to `address`, each with the operation of
 * /v1/prepare that it is, the fields that must be filled in, and the body that follows from their values.
 */
export function actionsOn(line, address) {
  return open(ON_LINE, line, address, { from: address, line_id: line.line_id });
}

/** The actions on an offer of the book. */
export function actionsOnOffer(offered, address) {
  return open(ON_OFFER, offered, address, { from: address });
}

function open(actions, subject, address, always) {
  const isOpen = (action) => action.isFor(subject, address);
  return actions.filter(isOpen).map(({ operation, label, fields = () => [], body = (values) => values }) => ({
    operation,
    label,
    fields: fields(subject),
    body: (values) => ({ ...always, ...body(values, subject) }),
  }));
}

const amount = (label, token, hint) => ({ name: 'amount', kind: 'amount', label, unit: token.symbol, decimals: token.decimals, hint });
const inLoan = (label, hint) => (line) => [amount(label, line.market.loan, hint?.(line))];
const inCollateral = (label) => (line) => [amount(label, line.market.collateral)];
const has = (balance) => BigInt(balance.base_units) > 0n;
const isOver = (line) => line.status === 'closed' || line.status === 'written_off';
const isBorrowers = (line, address) => isSame(line.borrower, address) && !isOver(line);
const lends = (line) => !line.terminated && line.at.epoch_s < line.terms.draw_window_ends_at.epoch_s;

const ON_LINE = [
  {
    operation: 'draw',
    label: 'Draw',
    isFor: (line, address) => isBorrowers(line, address) && has(line.balances.undrawn) && lends(line),
    fields: inLoan('How much to draw'),
  },
  {
    operation: 'repay',
    label: 'Repay',
    isFor: (line, address) => isBorrowers(line, address) && has(line.owed.debt),
    fields: inLoan('How much to repay', () => 'no more is taken than what is owed'),
  },
  {
    operation: 'deposit',
    label: 'Add collateral',
    isFor: isBorrowers,
    fields: inCollateral('How much to add'),
  },
  {
    operation: 'withdraw',
    label: 'Take collateral back',
    isFor: (line, address) => isBorrowers(line, address) && has(line.balances.collateral),
    fields: inCollateral('How much to take back'),
  },
  {
    operation: 'deposit_reserve',
    label: 'Add to the reserve',
    isFor: isBorrowers,
    fields: inLoan('How much to add', () => 'mandates pay from the reserve'),
  },
  {
    operation: 'withdraw_reserve',
    label: 'Take reserve back',
    isFor: (line, address) => isBorrowers(line, address) && has(line.balances.reserve),
    fields: inLoan('How much to take back'),
  },
  {
    operation: 'register_mandate',
    label: 'Sign a mandate',
    isFor: isBorrowers,
  },
  {
    operation: 'close',
    label: 'Pay everything and close',
    isFor: isBorrowers,
  },
  {
    operation: 'claim',
    label: 'Claim what was paid',
    isFor: (line, address) => isSame(line.holder, address) && has(line.balances.claim_loan),
    body: (_, line) => ({ token: line.market.loan.address }),
  },
  {
    operation: 'claim',
    label: 'Claim what was paid in kind',
    isFor: (line, address) => isSame(line.holder, address) && has(line.balances.claim_collateral),
    body: (_, line) => ({ token: line.market.collateral.address }),
  },
  {
    operation: 'terminate',
    label: 'End drawing',
    isFor: (line, address) =>
      isSame(line.holder, address) && !isOver(line) && !line.terminated && (!lends(line) || line.status === 'default'),
  },
  {
    operation: 'liquidate',
    label: 'Liquidate',
    isFor: (line) => !isOver(line) && (line.health.healthy === false || line.status === 'default'),
    fields: (line) => [
      { ...amount('The most to repay', line.market.loan), name: 'max_repaid' },
      { ...amount('The least collateral to take', line.market.collateral), name: 'min_seized' },
    ],
  },
];

const ON_OFFER = [
  {
    operation: 'open',
    label: 'Open a line',
    isFor: ({ fillable, offer }, address) =>
      fillable.open && !isSame(offer.lender, address) && (isSame(offer.borrower, address) || isAnyone(offer.borrower)),
    fields: ({ fillable: { at_most: most } }) => [
      { ...amount('The most that can be drawn on it', { symbol: most.token, decimals: most.decimals }) },
    ],
    body: (values, { offer_hash: offerHash }) => ({ offer_hash: offerHash, amount: values.amount }),
  },
  {
    operation: 'cancel_group',
    label: 'Cancel the offers of its group',
    isFor: ({ offer, fillable }, address) => isSame(offer.lender, address) && fillable.why_not !== 'group_cancelled',
    body: (_, { offer }) => ({ loan_token: offer.loanToken, group: offer.group }),
  },
  {
    operation: 'bump_epoch',
    label: 'Cancel all your offers',
    isFor: ({ offer, fillable }, address) => isSame(offer.lender, address) && fillable.why_not !== 'wrong_epoch',
    body: () => ({}),
  },
];

function isAnyone(address) {
  return /^0x0{40}$/.test(address);
}
