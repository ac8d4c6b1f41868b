/** What the service's names are called in the console. */

export const EVENT_WORDS = {
  'market.created': 'Market created',
  'line.opened': 'Opened',
  'line.collateral_deposited': 'Collateral deposited',
  'line.collateral_withdrawn': 'Collateral withdrawn',
  'line.reserve_deposited': 'Reserve deposited',
  'line.reserve_withdrawn': 'Reserve withdrawn',
  'line.drawn': 'Drawn',
  'line.repaid': 'Repaid',
  'line.seized_in_kind': 'Collateral sold to pay',
  'line.keeper_paid': 'Keeper paid',
  'line.liquidated': 'Liquidated',
  'line.written_off': 'Written off',
  'line.terminated': 'Terminated',
  'line.closed': 'Closed',
  'line.claimed': 'Claimed',
  'line.state': 'New state',
  'offer.group_cancelled': 'Offers of a group cancelled',
  'offer.epoch_bumped': 'All older offers cancelled',
  'vault.operator_set': 'Operator changed',
  'vault.stopped': 'New credit stopped',
  'vault.resumed': 'New credit resumed',
  'note.transferred': 'Note transferred',
  'mandate.registered': 'Mandate registered',
  'mandate.revoked': 'Mandate revoked',
  'mandate.fired': 'Mandate fired',
  'mandate.firing_failed': 'Mandate failed to fire',
  'feed.answered': 'Feed answered',
};

/** An event's kind in words; one that a reorganisation took back says so. */
export function eventWords(kind) {
  const [, taken, reverted] = /^(.*?)(\.reverted)?$/.exec(kind);
  const words = EVENT_WORDS[taken] ?? taken;
  return reverted ? `${words} (taken back)` : words;
}

export const STATUS_WORDS = {
  current: 'Current',
  due: 'Due',
  past_due: 'Past due',
  default: 'In default',
  closed: 'Closed',
  written_off: 'Written off',
};

export const FINALITY_WORDS = {
  latest: 'A reorganisation can still replace this block',
  safe: 'The chain will hardly replace this block',
  finalized: 'Nothing replaces this block any more',
  orphaned: 'A reorganisation replaced this block',
};

export const WHY_NOT_FILLABLE = {
  unknown_market: 'no market has these tokens and this oracle',
  expired: 'it has expired',
  wrong_epoch: 'its lender has cancelled all older offers',
  group_cancelled: 'its lender has cancelled its group',
  group_consumed: 'its group has lent all it may',
};

/** `some_name` as `Some name`. */
export function spelled(name) {
  const text = name.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
