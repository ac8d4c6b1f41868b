/** Looking at a line as it was after an earlier block, or as it would be at another price or time. The address keeps the choice. */

import { h } from '../../dom.js';
import { filters, section } from '../../elements/layout.js';
import { exactTime, grouped, sentence } from '../../format.js';
import { get } from '../../http.js';
import { hrefOf } from '../../router.js';
import { baseUnits } from '../../wallet/inputs.js';

const PRICE_DIGITS = 36;

/** What the address asks for: `{block, price, at}`; null for the present as it is. */
export function askedIn({ block, price, at }) {
  return block || price || at ? { block, price, at } : null;
}

/**
 * `{line, asked, past, trouble}`: the line as asked for, or as it is at `present` with why it cannot be had otherwise.
 * `past`: whether it is from an earlier block.
 */
export async function lookAt(present, asked, signal) {
  if (!asked) return { line: present, asked, past: false, trouble: null };
  try {
    const line = await get(`/v1/lines/${present.line_id}`, { query: parameters(asked, present.market), signal });
    return { line, asked, past: Boolean(asked.block), trouble: null };
  } catch (error) {
    if (signal.aborted || !(error instanceof RangeError || error.name === 'ApiError')) throw error;
    return { line: present, asked, past: false, trouble: error };
  }
}

/** As GET /v1/lines/{line_id} takes it. Throws RangeError. */
export function parameters({ block, price, at }, { loan, collateral }) {
  return {
    as_of_block: block && baseUnits(block, 0),
    price_e36: price && baseUnits(price, PRICE_DIGITS + loan.decimals - collateral.decimals),
    at: at && secondOf(at),
  };
}

/** While another block, price or time is looked at: what it is, and the way back. */
export function notice(looked, path) {
  return looked.asked && h('p', { class: 'notice', role: 'status' }, words(looked), ' ', h('a', { href: hrefOf(path) }, 'Back to the present'));
}

/** Fields for another block, price or time. */
export function choices({ loan, collateral }, { query, update }) {
  const fields = [
    { name: 'block', label: 'As it was after block', placeholder: 'the newest' },
    { name: 'price', label: `As it would be at a price, ${loan.symbol}`, placeholder: `for one ${collateral.symbol}` },
    { name: 'at', label: 'As it would be at a time, UTC', type: 'datetime-local' },
  ];
  return section('Look elsewhere', filters({ label: 'Look at another block, price or time', fields, query, update }));
}

function words({ line, asked: { block, price, at }, trouble }) {
  if (trouble) return [sentence(trouble.detail ?? trouble.message), trouble.hint && ` ${sentence(trouble.hint)}`, ' What is shown is the present.'];
  const { block_number: number, timestamp } = line.as_of;
  const supposed = [price && `a price of ${price} ${line.market.loan.symbol}`, at && exactTime(line.at)].filter(Boolean).join(' and ');
  return [
    block ? `This is the past: the line as it was after block ${grouped(number)} (${exactTime(timestamp)}).` : 'This has not happened:',
    supposed && ` The line as it would ${block ? 'have been' : 'be'} at ${supposed}, if nobody does anything.`,
  ];
}

function secondOf(text) {
  const milliseconds = Date.parse(`${text}Z`);
  if (Number.isNaN(milliseconds)) throw new RangeError('write a time such as 2030-01-31T12:00');
  return milliseconds / 1000;
}
