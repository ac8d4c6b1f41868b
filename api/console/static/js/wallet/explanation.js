/** What a transaction or a signature would do, for people to read before they sign. */

import { h } from '../dom.js';
import { exactAmount } from '../format.js';

/** A question for the panel: what is signed off-chain costs nothing, and can be used by others all the same. */
export function toSign(words) {
  return {
    title: 'Read before you sign',
    body: [h('p', { class: 'words' }, sentence(words)), h('p', {}, 'You sign this text only; it costs nothing.')],
    yes: 'Sign with the wallet',
  };
}

/** The body of a question: a prepared transaction in words, with what the node says that it would do now. */
export function explanation({ words, to, gas_limit: gasLimit, allowances, simulation }, why) {
  return [
    why && h('p', {}, why),
    h('p', { class: 'words' }, sentence(words)),
    h(
      'dl',
      { class: 'facts' },
      allowances.map(({ needed }) => fact('Takes from your account', exactAmount(needed))),
      fact('Simulated', `succeeds at block ${simulation.block_number}`),
      gasLimit !== null && fact('Gas, at most', gasLimit.toLocaleString('en')),
      fact('Contract', h('code', {}, to)),
    ),
  ];
}

function fact(name, value) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value));
}

function sentence(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
