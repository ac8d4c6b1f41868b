/** Whether everything is there that the service needs, and what to do if not. */

import { badge } from '../elements/facts.js';
import { heading } from '../elements/layout.js';
import { table } from '../elements/table.js';
import { getReadiness } from '../http.js';
import { spelled } from '../words.js';

export const topics = ['clock'];
export const title = () => 'Health';

export function load({ signal }) {
  return getReadiness({ signal });
}

export function render({ ready, checks }) {
  return [
    heading('Health', badge(ready ? 'Ready' : 'Not ready', ready ? 'good' : 'bad')),
    table({
      caption: 'Checks',
      rows: checks,
      key: (check) => check.name,
      empty: 'Nothing was checked.',
      columns: [
        { label: 'Part', cell: (check) => spelled(check.name) },
        { label: 'State', cell: (check) => (check.ok ? badge('Well', 'good') : badge('Not well', 'bad')) },
        { label: 'What was found', cell: (check) => check.detail },
        { label: 'What to do', cell: (check) => check.hint ?? '—' },
      ],
    }),
  ];
}
