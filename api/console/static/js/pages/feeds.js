/** The oracle feeds, and the last judgement on each. */

import { h } from '../dom.js';
import { block, nothing, outcome, when } from '../elements/facts.js';
import { heading } from '../elements/layout.js';
import { table } from '../elements/table.js';
import { decimal, duration } from '../format.js';
import { get } from '../http.js';
import { hrefOf } from '../router.js';

export const topics = ['block'];
export const title = () => 'Feeds';

export function load({ signal }) {
  return get('/v1/feeds', { signal });
}

export function render({ items, as_of }) {
  const now_s = as_of.timestamp.epoch_s;
  return [
    heading('Feeds'),
    table({
      caption: 'Feeds',
      rows: items,
      key: (feed) => feed.address,
      empty: 'No feed is followed yet.',
      columns: [
        { label: 'Pair', cell: (feed) => h('a', { href: hrefOf(`/feeds/${feed.address}`) }, feed.pair) },
        { label: 'Answer', numeric: true, cell: (feed) => (feed.newest ? decimal(feed.newest.decimal) : nothing()) },
        { label: 'Answered', cell: (feed) => (feed.newest ? when(feed.newest.updated_at, now_s) : nothing()) },
        { label: 'At least every', cell: (feed) => duration(feed.heartbeat_s) },
        { label: 'Judgement', cell: (feed) => [outcome(feed.status), ' ', h('span', { class: 'aside' }, feed.reason)] },
        { label: 'Block', cell: (feed) => block(feed.newest?.log) },
      ],
    }),
  ];
}
