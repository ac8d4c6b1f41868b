/** What a transaction or a signature would do, for people to read before they sign. */

import { h } from '../dom.js';
import { facts } from '../elements/table.js';
import { exactAmount, grouped, sentence } from '../format.js';

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
    facts([
      ...allowances.map(({ needed }) => ['Takes from your account', exactAmount(needed)]),
      ['Simulated', `succeeds at block ${simulation.block_number}`],
      ['Gas, at most', gasLimit === null ? null : grouped(gasLimit)],
      ['Contract', h('code', {}, to)],
    ]),
  ];
}
