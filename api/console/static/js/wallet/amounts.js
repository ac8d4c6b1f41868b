/** Amounts as people write them: exact, without floats. */

/** `1,234.5 USDC`, of a token amount as the API tells it. */
export function inWords({ base_units: baseUnits, token, decimals }) {
  if (decimals === null) return `${baseUnits} base units of ${token}`;
  const digits = baseUnits.padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${BigInt(whole).toLocaleString('en')}${fraction && `.${fraction}`} ${token}`;
}
