/** A mandate from the form to the chain: build → explain → sign → register, and let the trigger act under it. */

import { post } from '../http.js';
import { freshNumber } from './inputs.js';
import { toSign } from './explanation.js';
import { carryOut } from './transaction.js';
import { isOperator } from './views.js';

const ZERO_ADDRESS = `0x${'0'.repeat(40)}`;
const DAY_S = 86_400;

const DUE = 0;
const LTV = 1;

/** What can be chosen in the console; the API takes the other kinds, too. */
export const KINDS = [
  { value: 'ltv_reserve', label: 'When debt over value rises above a limit: pay from the reserve', kind: LTV, source: 0 },
  { value: 'ltv_collateral', label: 'When debt over value rises above a limit: pay in collateral', kind: LTV, source: 1 },
  { value: 'due_reserve', label: 'When a bill is due: pay it from the reserve', kind: DUE, source: 0 },
];

/** The fields of a mandate on `line` of the kind chosen. */
export function mandateFields(line, choice) {
  const { kind, source } = KINDS.find(({ value }) => value === choice);
  const { symbol, decimals } = source === 1 ? line.market.collateral : line.market.loan;
  return [
    ...(kind === LTV ? [{ name: 'threshold', kind: 'percent', label: 'Debt over value above', unit: '%', value: '70' }] : []),
    { name: 'cap', kind: 'amount', label: 'At most, each period', unit: symbol, decimals },
    { name: 'period', kind: 'whole', label: 'A period is', unit: 'hours', value: '24' },
    { name: 'fee', kind: 'percent', label: 'The keeper may take', unit: '% of a payment', value: '0.1' },
    { name: 'days', kind: 'whole', label: 'Valid for', unit: 'days', value: '90' },
  ];
}

/** The message that is signed (EIP-712 `Mandate`), from the values of its fields. */
export function mandateMessage(line, choice, { threshold = '0', cap, period, fee, days }) {
  const { kind, source } = KINDS.find(({ value }) => value === choice);
  return {
    lineId: String(line.line_id),
    kind: String(kind),
    source: String(source),
    thresholdBps: threshold,
    shareBps: '0',
    feeBps: fee,
    periodHours: period,
    capPerPeriod: cap,
    amount: '0',
    feed: ZERO_ADDRESS,
    above: false,
    level: '0',
    expiry: String(line.as_of.timestamp.epoch_s + Number(days) * DAY_S),
    nonce: freshNumber(),
  };
}

/** Signs and registers a mandate. Returns as `carryOut` does, and throws what it throws. */
export async function registerMandate(line, mandate, context) {
  const { session, panel } = context;
  const from = session.current.address;
  panel.busy('Building what you sign…');
  const payload = await post('/v1/mandates/typed-data', { mandate });
  if (!(await panel.ask(toSign(`Mandate on line ${line.line_id}: ${payload.words}.`)))) return null;
  const wallet = await session.wallet(payload.chain_id);
  panel.busy(`Waiting for your signature in ${wallet.name}…`);
  const signature = await wallet.signTypedData(from, payload.typed_data);
  // Without it no mandate ever fires.
  if (!(await isOperator(wallet, line.vault, line.borrower, payload.trigger))) {
    const body = { from, operator: payload.trigger, approved: true };
    if (!(await carryOut({ operation: 'set_operator', body }, context))) return null;
  }
  return carryOut({ operation: 'register_mandate', body: { from, mandate, signature } }, context);
}
