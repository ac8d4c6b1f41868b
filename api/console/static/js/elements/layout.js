/** Headings, sections, and the states in which a page has nothing to show yet or any more. */

import { h } from '../dom.js';
import { sentence } from '../format.js';

export function heading(text, ...aside) {
  return h('div', { class: 'page-heading' }, h('h1', { id: 'heading', tabindex: -1 }, text), aside.filter(Boolean).map((item) => h('div', { class: 'page-aside' }, item)));
}

/** A part of a page under a heading of its own. */
export function section(title, ...children) {
  const id = `section-${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  // A key of its own: where two elements have one key, the morph takes one for the other.
  return h('section', { 'data-key': `whole-${id}`, 'aria-labelledby': id }, h('h2', { id }, title), children);
}

/** What a list can be narrowed by. Each field acts at once, and ends at the first page. */
export function filters({ label, fields, query, update }) {
  return h('form', { class: 'filters', 'data-key': 'filters', role: 'search', 'aria-label': label, onsubmit: (event) => event.preventDefault() }, fields.map((field) => filterField(field, query, update)));
}

function filterField({ name, label, options, type = 'search', placeholder }, query, update) {
  const id = `filter-${name}`;
  const change = (event) => update({ [name]: event.target.value.trim(), cursor: null });
  const value = query[name] ?? '';
  const control = options
    ? h('select', { id, onchange: change }, options.map(([choice, words]) => h('option', { value: choice, selected: choice === value }, words)))
    : h('input', { id, type, value, placeholder, autocomplete: 'off', spellcheck: 'false', onchange: change });
  return h('div', { class: 'field' }, h('label', { for: id }, label), control);
}

export function loading() {
  return h('div', { class: 'loading', 'data-key': 'loading' }, h('p', null, 'Loading…'), h('div', { class: 'skeleton', 'aria-hidden': 'true' }), h('div', { class: 'skeleton', 'aria-hidden': 'true' }), h('div', { class: 'skeleton short', 'aria-hidden': 'true' }));
}

/** What went wrong in place of a page, and what to do. */
export function failure(error, retry) {
  return h(
    'div',
    { class: 'failure', role: 'alert' },
    h('h1', { id: 'heading', tabindex: -1 }, error.title ?? 'The page broke'),
    h('p', null, sentence(error.detail ?? error.message)),
    error.hint && h('p', null, sentence(error.hint)),
    error.requestId && h('p', { class: 'aside' }, 'Request ', h('code', null, error.requestId)),
    retry && h('p', null, h('button', { type: 'button', onclick: retry }, 'Try again')),
  );
}

/** A part of a page that could not be had while the others could. */
export function missing(error) {
  return h('p', { class: 'empty' }, `${sentence(error.title ?? error.message)} ${sentence(error.detail ?? '')}`);
}
