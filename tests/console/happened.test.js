/** An event is told with its amounts, in the tokens of its line's market. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { details } from '../../api/console/static/js/pages/line/happened.js';
import { EVENT_WORDS } from '../../api/console/static/js/words.js';

const USDC = `0x${'a'.repeat(40)}`;
const WETH = `0x${'b'.repeat(40)}`;
const SOMEBODY = `0x${'5'.repeat(40)}`;
const MARKET = { loan: { address: USDC, symbol: 'USDC', decimals: 6 }, collateral: { address: WETH, symbol: 'WETH', decimals: 18 } };
const told = (kind, payload) => details({ kind, payload }, MARKET);

test('amounts are in the token that moved', () => {
  assert.equal(told('line.drawn', { amount: '73800000000' }), '73,800 USDC');
  assert.equal(told('line.collateral_deposited', { amount: '1500000000000000000' }), '1.5 WETH');
  assert.equal(told('line.claimed', { token: WETH, amount: '1', to: SOMEBODY }), '0.000000000000000001 WETH by 0x5555…5555');
  assert.equal(told('line.keeper_paid', { token: USDC, fee: '5094905', keeper: SOMEBODY }), '5.094905 USDC to 0x5555…5555');
});

test('an event that was taken back is told as the one that it takes back', () => {
  assert.equal(told('line.drawn.reverted', { amount: '1000000' }), '1 USDC');
});

test('a note is made, moved and burned', () => {
  const nobody = `0x${'0'.repeat(40)}`;
  assert.equal(told('note.transferred', { from: nobody, to: SOMEBODY }), 'made for 0x5555…5555');
  assert.equal(told('note.transferred', { from: SOMEBODY, to: USDC }), 'from 0x5555…5555 to 0xaaaa…aaaa');
  assert.equal(told('note.transferred', { from: SOMEBODY, to: nobody }), 'of 0x5555…5555, burned');
});

test('an event of a token whose decimals nobody knows is told in its base units', () => {
  const market = { ...MARKET, loan: { address: USDC, symbol: null, decimals: null } };
  assert.equal(details({ kind: 'line.drawn', payload: { amount: '1000' } }, market), `1,000 units of ${USDC}`);
});

test('what has no amount, or is newer than the console, is told by its name alone', () => {
  assert.ok('line.state' in EVENT_WORDS);
  assert.equal(told('line.state', {}), null);
  assert.equal(told('line.newer', {}), null);
});
