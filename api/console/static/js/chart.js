/** Charts over time, drawn by uPlot; beside each a table that says the same without a picture. */

import uPlot from '../vendor/uplot-1.6.32/uPlot.esm.js';
import { h } from './dom.js';
import { table } from './elements/table.js';
import { decimal, exactTime } from './format.js';

const HEIGHT = 260;
const LEVEL_COLOURS = ['--chart-2', '--chart-3', '--chart-4', '--chart-5'];

/**
 * The answers of a feed over time, with the prices at which something happens as dashed lines.
 *
 * @param {object} options
 * @param {object[]} options.rounds the newest first, as the API lists them
 * @param {{label: string, price: string}[]} options.thresholds
 * @param {string} options.title
 */
export function priceChart({ rounds, thresholds = [], title }) {
  if (!rounds.length) return h('p', { class: 'empty' }, 'There is no round to draw yet.');
  const points = [...rounds].reverse();
  const newest = rounds[0];
  const data = {
    times: points.map((round) => round.updated_at.epoch_s),
    values: points.map((round) => Number(round.decimal)),
    levels: thresholds.map(({ label, price }) => ({ label: `${label} ≤ ${decimal(price)}`, value: Number(price) })),
    name: title,
  };
  const summary = `${title}: ${decimal(newest.decimal)} at ${exactTime(newest.updated_at)}, over the last ${rounds.length} rounds.`;
  return h(
    'figure',
    { class: 'chart', 'data-key': `chart-${title}` },
    h('figcaption', null, summary),
    h('time-chart', { role: 'img', 'aria-label': summary, data }),
    h('details', null, h('summary', null, 'As a table'), table({
      caption: title,
      columns: [
        { label: 'Answered', cell: (round) => exactTime(round.updated_at) },
        { label: 'Price', numeric: true, cell: (round) => decimal(round.decimal) },
      ],
      rows: rounds.slice(0, 50),
      key: (round) => round.log.block_hash + round.log.log_index,
      empty: 'No round.',
    })),
  );
}

/** Draws its `data` anew when that changes, and when its width or the theme does. */
class TimeChart extends HTMLElement {
  #data = null;
  #plot = null;
  #shape = null;
  #sizes = new ResizeObserver(() => this.#plot?.setSize(this.#size()));
  #redraw = () => this.#build();
  #system = matchMedia('(prefers-color-scheme: dark)');

  set data(data) {
    this.#data = data;
    if (!this.isConnected) return;
    if (this.#plot && this.#shape === shapeOf(data)) this.#plot.setData(columns(data));
    else this.#build();
  }

  get data() {
    return this.#data;
  }

  connectedCallback() {
    this.#sizes.observe(this);
    document.addEventListener('themechange', this.#redraw);
    this.#system.addEventListener('change', this.#redraw);
    this.#build();
  }

  disconnectedCallback() {
    this.#sizes.disconnect();
    document.removeEventListener('themechange', this.#redraw);
    this.#system.removeEventListener('change', this.#redraw);
    this.#plot?.destroy();
    this.#plot = null;
  }

  #build() {
    if (!this.#data || !this.isConnected) return;
    this.#plot?.destroy();
    this.#shape = shapeOf(this.#data);
    this.#plot = new uPlot(this.#options(), columns(this.#data), this);
  }

  #options() {
    const style = getComputedStyle(this);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour('--ink-2'), grid: { stroke: colour('--rule'), width: 1 }, ticks: { stroke: colour('--rule') } };
    return {
      ...this.#size(),
      scales: { x: { time: true } },
      tzDate: (epoch_s) => uPlot.tzDate(new Date(epoch_s * 1000), 'UTC'),
      axes: [axis, { ...axis, size: 64 }],
      cursor: { drag: { x: false, y: false } },
      series: [
        { label: 'UTC' },
        { label: this.#data.name, stroke: colour('--chart-1'), width: 2, points: { show: this.#data.times.length < 3 } },
        ...this.#data.levels.map(({ label }, index) => ({
          label, stroke: colour(LEVEL_COLOURS[index % LEVEL_COLOURS.length]), width: 1.5, dash: [6, 4], points: { show: false },
        })),
      ],
    };
  }

  #size() {
    return { width: Math.max(240, this.clientWidth), height: HEIGHT };
  }
}

function columns({ times, values, levels }) {
  return [times, values, ...levels.map(({ value }) => times.map(() => value))];
}

/** What a plot is built for: with other series it must be built anew. */
function shapeOf({ levels, name }) {
  return JSON.stringify([name, levels.map(({ label }) => label)]);
}

customElements.define('time-chart', TimeChart);
