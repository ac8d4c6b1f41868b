/** What an event says, in the amounts of its line's market. */

import { exactAmount, shortHex } from '../../format.js';

const NOBODY = /^0x0+$/;

/** What stands beside an event's name; null where the name says it all. The same for an event that was taken back. */
export function details({ kind, payload }, market) {
  return WORDS[kind.replace(/\.reverted$/, '')]?.(payload, inTokens(market)) ?? null;
}

const WORDS = {
  'line.opened': ({ amount, collateral }, { loan, secured }) => `${loan(amount)} against ${secured(collateral)}`,
  'line.collateral_deposited': ({ amount }, { secured }) => secured(amount),
  'line.collateral_withdrawn': ({ amount }, { secured }) => secured(amount),
  'line.reserve_deposited': ({ amount }, { loan }) => loan(amount),
  'line.reserve_withdrawn': ({ amount }, { loan }) => loan(amount),
  'line.drawn': ({ amount }, { loan }) => loan(amount),
  'line.repaid': ({ principal, charges }, { loan }) => `${loan(principal)} of principal and ${loan(charges)} of charges`,
  'line.seized_in_kind': ({ seized }, { secured }) => secured(seized),
  'line.keeper_paid': ({ fee, token, keeper }, { of }) => `${of(token, fee)} to ${shortHex(keeper)}`,
  'line.liquidated': ({ repaid, seized }, { loan, secured }) => `${loan(repaid)} for ${secured(seized)}`,
  'line.written_off': ({ principal }, { loan }) => `${loan(principal)} of principal`,
  'line.terminated': ({ undrawn }, { loan }) => `${loan(undrawn)} were not drawn`,
  'line.closed': ({ collateral, reserve }, { loan, secured }) => `${secured(collateral)} and ${loan(reserve)} of reserve returned`,
  'line.claimed': ({ token, amount, to }, { of }) => `${of(token, amount)} by ${shortHex(to)}`,
  'note.transferred': ({ from, to }) => moved(from, to),
  'mandate.registered': ({ mandateHash }) => shortHex(mandateHash),
  'mandate.fired': ({ mandateHash, paid }, { loan }) => `${shortHex(mandateHash)}: paid ${loan(paid)}`,
  'mandate.firing_failed': ({ mandateHash }) => shortHex(mandateHash),
};

function moved(from, to) {
  if (NOBODY.test(from)) return `made for ${shortHex(to)}`;
  return NOBODY.test(to) ? `of ${shortHex(from)}, burned` : `from ${shortHex(from)} to ${shortHex(to)}`;
}

function inTokens({ loan, collateral }) {
  const told = ({ symbol, address, decimals }) => (units) => exactAmount({ base_units: units, token: symbol ?? address, decimals });
  const tokens = { loan: told(loan), secured: told(collateral) };
  return { ...tokens, of: (token, units) => (token === collateral.address ? tokens.secured : tokens.loan)(units) };
}
