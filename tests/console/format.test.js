/** Amounts stay exact, and are cut off where there is no room for all of them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { axisTimes, decimal, duration, exactUnits, hours, percent, relative, shortHex, shortUnits } from '../../api/console/static/js/format.js';

test('an amount has all of its digits, however many there are', () => {
  assert.equal(exactUnits('1500000', 6), '1.5');
  assert.equal(exactUnits('123456789012345678901234567890', 18), '123,456,789,012.34567890123456789');
  assert.equal(exactUnits('0', 18), '0');
  assert.equal(exactUnits('-1', 6), '−0.000001');
  assert.equal(exactUnits('1234', 0), '1,234');
});

test('a short amount is cut off and never rounded up', () => {
  assert.equal(shortUnits('1999999', 6), '1.99');
  assert.equal(shortUnits('1234567890', 6), '1,234.56');
  assert.equal(shortUnits('100000000000000000000', 18), '100.0000');
});

test('what is too small to be shown is not shown as nothing', () => {
  assert.equal(shortUnits('1', 6), '<0.01');
  assert.equal(shortUnits('0', 6), '0.00');
});

test('a price loses idle zeros and keeps two places', () => {
  assert.equal(decimal('195.26000000'), '195.26');
  assert.equal(decimal('1950.00000000'), '1,950.00');
  assert.equal(decimal('0.12345678'), '0.12345678');
});

test('basis points are told as per cent', () => {
  assert.equal(percent(650), '6.50 %');
  assert.equal(percent(-5), '−0.05 %');
  assert.equal(percent(1234567), '12,345.67 %');
});

test('a span has its two largest units', () => {
  assert.equal(duration(0), '0 s');
  assert.equal(duration(59), '59 s');
  assert.equal(duration(3_600), '1 h');
  assert.equal(duration(90_061), '1 d 1 h');
  assert.equal(duration(86_400 + 5), '1 d');
});

test('a moment is told from where one stands', () => {
  assert.equal(relative(100, 100), 'now');
  assert.equal(relative(160, 100), 'in 1 min');
  assert.equal(relative(40, 100), '1 min ago');
});

test('hours that make whole days are told as days', () => {
  assert.equal(hours(24), '1 day');
  assert.equal(hours(720), '30 days');
  assert.equal(hours(5), '5 hours');
});

test('a hash is short and other words are left alone', () => {
  assert.equal(shortHex('0x70997970C51812dc3A010C7d01b50e0d17dc79C8'), '0x7099…79C8');
  assert.equal(shortHex('USDC'), 'USDC');
});

test('an axis tells 24 hours in UTC, and the day once', () => {
  const noon_s = Date.UTC(2030, 0, 31, 12) / 1000;
  assert.deepEqual(axisTimes([noon_s, noon_s + 3_600, noon_s + 43_200], 3_600), ['12:00\n2030-01-31', '13:00', '00:00\n2030-02-01']);
  assert.deepEqual(axisTimes([noon_s], 86_400), ['2030-01-31']);
});
