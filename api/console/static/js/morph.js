/** Turns what is shown into what shall be shown, and touches nothing else: focus, scroll and open details stay. */

import morphdom from '../vendor/morphdom-2.7.8/morphdom-esm.js';

const HANDLERS = ['onclick', 'oninput', 'onchange', 'onsubmit', 'onkeydown'];

/**
 * Makes the children of `place` those of `wanted`. Elements with the same `data-key` or `id` stay the same elements.
 * What is inside an element with `data-keep` belongs to somebody else.
 */
export function morph(place, wanted) {
  morphdom(place, wanted, { childrenOnly: true, getNodeKey: keyOf, onBeforeElUpdated: carryOver });
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.getAttribute('data-key') || node.id || undefined : undefined;
}

/** Whether morphdom goes on with the element's attributes and children. */
function carryOver(shown, wanted) {
  for (const name of HANDLERS) shown[name] = wanted[name];
  if (shown.tagName.includes('-')) {
    shown.data = wanted.data;
    return false;
  }
  if (shown.hasAttribute('data-keep')) return false;
  if (shown instanceof HTMLDetailsElement) wanted.open = shown.open;
  if (shown === document.activeElement && 'value' in shown) wanted.value = shown.value;
  return true;
}
