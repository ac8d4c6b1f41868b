/** Charts over time, drawn by uPlot; beside each a table that says the same without a picture. */

import uPlot from '../vendor/uplot-1.6.32/uPlot.esm.js';
import { h } from './dom.js';
import { table } from './elements/table.js';
import { axisTimes, decimal, exactTime, percent, plural } from './format.js';

const HEIGHT = 260;
const LEVEL_COLOURS = ['--chart-2', '--chart-3', '--chart-4', '--chart-5'];
const ROWS = 50;

/**
 * The answers of a feed over time, with the prices at which something happens as dashed lines.
 *
 * @param {object} options
 * @param {object[]} options.rounds the newest first, as the API lists them
 * @param {{label: string, price: string}[]} options.thresholds
 * @param {string} options.title
 */
export function priceChart({ rounds, thresholds = [], title }) {
  const points = rounds.map(({ updated_at: at, decimal: price }) => ({ at, value: Number(price), words: decimal(price) }));
  const levels = thresholds.map(({ label, price }) => ({ label: `${label} ≤ ${decimal(price)}`, value: Number(price) }));
  return timeChart({ points, levels, title, unit: 'Price' });
}

/**
 * Debt over value through time, with the shares at which something happens as dashed lines.
 *
 * @param {object} options
 * @param {{at: object, ltv_bps: number | null}[]} options.points the newest first; null while there was no price
 * @param {{label: string, bps: number}[]} options.levels
 * @param {string} options.title
 */
export function ltvChart({ points, levels, title }) {
  const told = points.map(({ at, ltv_bps: bps }) => ({ at, value: bps === null ? null : bps / 100, words: bps === null ? 'no price' : percent(bps) }));
  return timeChart({ points: told, levels: levels.map(({ label, bps }) => ({ label: `${label}: ${percent(bps)}`, value: bps / 100 })), title, unit: 'Per cent' });
}

/** `points`, the newest first, hold from one to the next. */
function timeChart({ points, levels, title, unit }) {
  if (!points.length) return h('p', { class: 'empty' }, `${title}: there is nothing to draw yet.`);
  const [newest] = points;
  const forward = [...points].reverse();
  const data = { times: forward.map(({ at }) => at.epoch_s), values: forward.map(({ value }) => value), levels, name: title };
  const summary = `${title}: ${newest.words} at ${exactTime(newest.at)}. ${plural(points.length, 'point')}.`;
  return h(
    'figure',
    { class: 'chart', 'data-key': `chart-${title}` },
    h('figcaption', null, summary),
    h('time-chart', { role: 'img', 'aria-label': summary, data }),
    h('details', null, h('summary', null, 'As a table'), table({
      caption: title,
      columns: [
        { label: 'When', cell: ({ at }) => exactTime(at) },
        { label: unit, numeric: true, cell: ({ words }) => words },
      ],
      rows: points.slice(0, ROWS),
      key: (point) => points.length - points.indexOf(point),
      empty: 'Nothing.',
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
    const colour = (name) => this.#colour(name);
    const axis = { stroke: colour('--ink-2'), grid: { stroke: colour('--rule'), width: 1 }, ticks: { stroke: colour('--rule') } };
    return {
      ...this.#size(),
      scales: { x: { time: true } },
      tzDate: (epoch_s) => uPlot.tzDate(new Date(epoch_s * 1000), 'UTC'),
      axes: [{ ...axis, values: (_, seconds, __, ___, step_s) => axisTimes(seconds, step_s) }, { ...axis, size: 64 }],
      cursor: { drag: { x: false, y: false } },
      series: [
        { label: 'UTC', value: (_, epoch_s) => (epoch_s === null ? '—' : axisTimes([epoch_s], 1)[0].replace('\n', ' ')) },
        { label: this.#data.name, paths: uPlot.paths.stepped({ align: 1 }), stroke: colour('--chart-1'), width: 2, points: { show: this.#data.times.length < 3 } },
        ...this.#data.levels.map(({ label }, index) => ({
          label, stroke: colour(LEVEL_COLOURS[index % LEVEL_COLOURS.length]), width: 1.5, dash: [6, 4], points: { show: false },
        })),
      ],
    };
  }

  /** The token as the theme has it now: a canvas takes colours only, no variables. */
  #colour(name) {
    this.style.color = `var(${name})`;
    const { color } = getComputedStyle(this);
    this.style.color = '';
    return color;
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
