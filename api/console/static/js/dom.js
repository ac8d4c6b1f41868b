/** Builds elements out of data. Text only ever becomes text: nobody in the console parses HTML. */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element. Strings and numbers become attributes, `true` an empty one; functions and objects become properties
 * (`onclick`, the `data` of a custom element); null, undefined and false are left out.
 */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function' || typeof value === 'object') element[name] = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat(Infinity).filter(isShown).map(nodeOrText));
  return element;
}

function isShown(child) {
  return child !== null && child !== undefined && child !== false;
}

function nodeOrText(child) {
  return child instanceof Node ? child : String(child);
}
