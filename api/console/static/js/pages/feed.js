/** One feed: what it answered, and whether it can be relied on. */

import { priceChart } from '../chart.js';
import { block, hex, nothing, outcome, whenInFull } from '../elements/facts.js';
import { heading, section } from '../elements/layout.js';
import { facts, pages, table } from '../elements/table.js';
import { decimal, duration } from '../format.js';
import { get } from '../http.js';

export const topics = ['block'];
export const title = ({ params }) => `Feed ${params.address.slice(0, 8)}`;

export async function load({ params: { address }, query, signal }) {
  const [feed, charted, rounds] = await Promise.all([
    get(`/v1/feeds/${address}`, { signal }),
    get(`/v1/feeds/${address}/rounds`, { query: { limit: 200 }, signal }),
    get(`/v1/feeds/${address}/rounds`, { query: { limit: 25, cursor: query.cursor }, signal }),
  ]);
  return { ...feed, charted: charted.items, rounds };
}

export function render({ charted, rounds, as_of, ...feed }, { query, path }) {
  const now_s = as_of.timestamp.epoch_s;
  return [
    heading(feed.pair, outcome(feed.status)),
    section('Judgement', facts([
      ['Verdict', [outcome(feed.status), ' ', feed.reason]],
      ['Newest answer', feed.newest ? decimal(feed.newest.decimal) : nothing()],
      ['Answered', feed.newest ? whenInFull(feed.newest.updated_at, now_s) : nothing()],
      ['Answers at least every', duration(feed.heartbeat_s)],
      ['Late for, before it is stale', duration(feed.margin_s)],
      ['Block', block(feed.newest?.log)],
      ['Contract', hex(feed.address)],
    ])),
    section('Price', priceChart({ rounds: charted, title: feed.pair })),
    section(
      'Rounds',
      table({
        caption: 'Rounds',
        rows: rounds.items,
        key: (round) => round.log.block_hash + round.log.log_index,
        empty: 'The feed has not answered yet.',
        columns: [
          { label: 'Answered', cell: (round) => whenInFull(round.updated_at, now_s) },
          { label: 'Answer', numeric: true, cell: (round) => decimal(round.decimal) },
          { label: 'Block', cell: (round) => block(round.log) },
          { label: 'Transaction', cell: (round) => hex(round.log.tx_hash) },
        ],
      }),
      pages({ path, query, next_cursor: rounds.next_cursor }),
    ),
  ];
}
