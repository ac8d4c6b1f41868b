/** What the address of a line's page asks of the API. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { askedIn, parameters } from '../../api/console/static/js/pages/line/looking.js';

const MARKET = { loan: { symbol: 'USDC', decimals: 6 }, collateral: { symbol: 'WETH', decimals: 18 } };

test('an address that names nothing asks for the present', () => {
  assert.equal(askedIn({}), null);
});

test('a price is asked for exactly, in base units times 10^36', () => {
  assert.equal(parameters({ price: '150.5' }, MARKET).price_e36, `1505${'0'.repeat(23)}`);
});

test('a time is one of UTC', () => {
  assert.equal(parameters({ at: '2030-01-01T00:00' }, MARKET).at, 1_893_456_000);
});

test('what is no number or no time is refused with what to write', () => {
  assert.throws(() => parameters({ block: 'first' }, MARKET), RangeError);
  assert.throws(() => parameters({ at: 'soon' }, MARKET), RangeError);
});
