/** Fields to fill in, each with its label, unit, hint and what is wrong with it. */

import { h } from '../dom.js';

/** A form of `fields`; `onsubmit` gets a function from a field's name to its text. */
export function form(fields, label, onsubmit) {
  const id = `form-${(form.count = (form.count ?? 0) + 1)}`;
  const element = h(
    'form',
    {
      class: 'flow-form',
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        unmark(element);
        onsubmit((name) => element.elements[name].value, element);
      },
    },
    fields.map((field) => labelled(field, `${id}-${field.name}`)),
    h('p', { class: 'field-error', id: `${id}-error`, role: 'alert' }),
    h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary' }, label)),
  );
  return element;
}

/** Points at the field that `error` (an InputError) is about. */
export function mark(element, error) {
  const input = element.elements[error.field];
  const message = element.querySelector('.field-error');
  message.textContent = error.message;
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-describedby', message.id);
  input.focus();
}

function unmark(element) {
  element.querySelector('.field-error').textContent = '';
  for (const input of element.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
}

function labelled(field, id) {
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, field.label, field.unit && h('span', { class: 'unit' }, ` (${field.unit})`)),
    field.kind === 'choice' ? choice(field, id) : entry(field, id),
    field.hint && h('small', { class: 'hint' }, field.hint),
  );
}

function entry({ name, kind, value = '' }, id) {
  const inputmode = kind === 'address' ? 'text' : 'decimal';
  return h('input', { id, name, value, inputmode, autocomplete: 'off', spellcheck: 'false' });
}

function choice({ name, options, onchange }, id) {
  const items = options.map(({ value, label }) => h('option', { value }, label));
  return h('select', { id, name, onchange }, items);
}
