/** What people type, read into what the API takes: exact, or refused with a reason. */

/** A field was filled in wrongly. `field` is its name. */
export class InputError extends Error {
  constructor(field, message) {
    super(message);
    this.name = 'InputError';
    this.field = field;
  }
}

const DECIMAL = /^(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

/** `1,234.5` with 6 decimals as `1234500000`. Throws RangeError, never rounds. */
export function baseUnits(text, decimals) {
  const [, whole, fraction = ''] = DECIMAL.exec(text.trim()) ?? [];
  if (whole === undefined) throw new RangeError('write a number such as 1250.5');
  if (fraction.length > decimals) throw new RangeError(`at most ${decimals} digits after the point`);
  return BigInt(whole.replaceAll(',', '') + fraction.padEnd(decimals, '0')).toString();
}

const READERS = {
  amount: (text, { decimals }) => positive(baseUnits(text, decimals)),
  percent: (text) => baseUnits(text, 2),
  whole: (text) => baseUnits(text, 0),
  address: (text) => {
    if (!ADDRESS.test(text.trim())) throw new RangeError('write an address: 0x and 40 hex digits');
    return text.trim();
  },
  choice: (text) => text,
};

/** The values of `fields` by name, as the API takes them; optional fields left empty are null. Throws InputError. */
export function readInputs(fields, textOf) {
  return Object.fromEntries(fields.map((field) => [field.name, readInput(field, textOf(field.name))]));
}

function readInput(field, text) {
  if (text.trim() === '') {
    if (field.optional) return null;
    throw new InputError(field.name, `${field.label}: fill this in`);
  }
  try {
    return READERS[field.kind](text, field);
  } catch (error) {
    throw new InputError(field.name, `${field.label}: ${error.message}`);
  }
}

function positive(amount) {
  if (amount === '0') throw new RangeError('ask for more than zero');
  return amount;
}

/** A number that nobody has used: for nonces and groups. */
export function freshNumber() {
  return crypto.getRandomValues(new BigUint64Array(1))[0].toString();
}
