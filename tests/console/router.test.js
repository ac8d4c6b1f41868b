/** An address of the console leads to one page, with its parameters and its query. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { encodeQuery } from '../../api/console/static/js/http.js';
import { hrefOf, resolve } from '../../api/console/static/js/router.js';

const ROUTES = [['/', 'portfolio'], ['/lines', 'lines'], ['/lines/:line_id', 'line']];

test('no address at all is the first page', () => {
  assert.equal(resolve('', ROUTES).page, 'portfolio');
  assert.equal(resolve('#/', ROUTES).page, 'portfolio');
});

test('parts of the path become parameters, what follows the question mark the query', () => {
  const { page, params, query, path } = resolve('#/lines/7?sort=-id&q=0x12%2B', ROUTES);
  assert.deepEqual([page, params, query, path], ['line', { line_id: '7' }, { sort: '-id', q: '0x12+' }, '/lines/7']);
});

test('an address that leads nowhere has no page', () => {
  assert.equal(resolve('#/nothing/here', ROUTES).page, null);
  assert.equal(resolve('#/lines/%E0%A4%A', ROUTES).params.line_id, '%E0%A4%A');
});

test('an address leaves out what is empty, and comes back as it went', () => {
  const href = hrefOf('/lines', { q: 'a b', cursor: null, status: '' });
  assert.equal(href, '#/lines?q=a+b');
  assert.deepEqual(resolve(href, ROUTES).query, { q: 'a b' });
});

test('a list in a query is a parameter for each of its items', () => {
  assert.equal(encodeQuery({ kind: ['a', 'b'], after: 0, cursor: undefined }), '?kind=a&kind=b&after=0');
  assert.equal(encodeQuery({}), '');
});
