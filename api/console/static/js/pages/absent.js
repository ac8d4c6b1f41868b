/** For addresses that lead nowhere. */

import { h } from '../dom.js';
import { heading } from '../elements/layout.js';

export const topics = [];
export const title = () => 'No such page';
export const load = async () => ({});

export function render(_, { path }) {
  return [heading('No such page'), h('p', null, 'There is nothing at ', h('code', null, path), '. ', h('a', { href: '#/' }, 'Go to the portfolio'), '.')];
}
