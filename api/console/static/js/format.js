/**
 * Numbers and times as people read them. Amounts come as decimal strings of base units and stay exact: they are never
 * made a float, and what is left out of one is cut off, never rounded up.
 */

const MINUS = '−';
const DAY_S = 86_400;

/** `whole` digits in groups of three. */
export function grouped(whole) {
  return String(whole).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/**
 * `baseUnits` / 10^`decimals` with all of its digits: `exactUnits('1500000', 6)` is `1.5`.
 *
 * @param {string | bigint} baseUnits
 */
export function exactUnits(baseUnits, decimals) {
  const { sign, whole, fraction } = split(baseUnits, decimals);
  const digits = fraction.replace(/0+$/, '');
  return sign + grouped(whole) + (digits && `.${digits}`);
}

/** The same with exactly `places` digits after the point, the others cut off; `<0.01` for what is less but not zero. */
export function shortUnits(baseUnits, decimals, places = placesOf(decimals)) {
  const { sign, whole, fraction } = split(baseUnits, decimals);
  const kept = fraction.padEnd(places, '0').slice(0, places);
  const nothingLeft = BigInt(whole) === 0n && /^0*$/.test(kept) && BigInt(baseUnits) !== 0n;
  if (nothingLeft) return `<${sign}${places ? `0.${'1'.padStart(places, '0')}` : '1'}`;
  return sign + grouped(whole) + (places ? `.${kept}` : '');
}

/** An amount of the API, for a table. Base units when nothing knows the token's decimals. */
export function shortAmount({ base_units, token, decimals }) {
  return decimals === null ? `${grouped(base_units)} units of ${shortHex(token)}` : `${shortUnits(base_units, decimals)} ${token}`;
}

/** The same with all of its digits. */
export function exactAmount({ base_units, token, decimals }) {
  return decimals === null ? `${grouped(base_units)} units of ${token}` : `${exactUnits(base_units, decimals)} ${token}`;
}

/** A decimal string such as `195.26000000`, in groups and without idle zeros, but with two places. */
export function decimal(text, least = 2) {
  const [whole, fraction = ''] = text.replace('-', '').split('.');
  const digits = fraction.replace(/0+$/, '').padEnd(Math.min(least, fraction.length), '0');
  return (text.startsWith('-') ? MINUS : '') + grouped(whole) + (digits && `.${digits}`);
}

/** Basis points as per cent: 650 is `6.50 %`. */
export function percent(bps) {
  const sign = bps < 0 ? MINUS : '';
  const size = Math.abs(bps);
  return `${sign}${grouped(Math.trunc(size / 100))}.${String(size % 100).padStart(2, '0')} %`;
}

/** `0x7099…79C8`. */
export function shortHex(text) {
  return /^0x[0-9a-fA-F]{12,}$/.test(text) ? `${text.slice(0, 6)}…${text.slice(-4)}` : text;
}

/** A number of hours as people say it: 720 is `30 days`. */
export function hours(count) {
  return count && count % 24 === 0 ? plural(count / 24, 'day') : plural(count, 'hour');
}

export function plural(count, noun) {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `2020-03-12 21:00:05 UTC`. An instant of the API without an RFC 3339 form lies beyond the year 9999. */
export function exactTime({ rfc3339 }) {
  return rfc3339 ? `${rfc3339.slice(0, 10)} ${rfc3339.slice(11, 19)} UTC` : 'after the year 9999';
}

/** A span of seconds in its two largest units: `3 d 4 h`. */
export function duration(seconds) {
  let rest = Math.trunc(Math.abs(seconds));
  const words = [];
  for (const [size, unit] of [[86_400, 'd'], [3_600, 'h'], [60, 'min'], [1, 's']]) {
    const count = Math.trunc(rest / size);
    rest -= count * size;
    if (count || (unit === 's' && !words.length)) words.push(`${grouped(count)} ${unit}`);
    if (words.length === 2 || (words.length && !count)) break;
  }
  return words.join(' ');
}

/** How far `at_s` is from `now_s`, both in seconds since 1970: `in 3 d 4 h`, `2 min ago`, `now`. */
export function relative(at_s, now_s) {
  const difference_s = at_s - now_s;
  if (Math.abs(difference_s) < 1) return 'now';
  return difference_s > 0 ? `in ${duration(difference_s)}` : `${duration(difference_s)} ago`;
}

/** Labels below an axis of `seconds`, in UTC and with 24 hours; the day stands under the first of its labels. */
export function axisTimes(seconds, step_s) {
  let shown = null;
  return seconds.map((epoch_s) => {
    const [day, clock] = new Date(epoch_s * 1000).toISOString().split('T');
    if (step_s >= DAY_S) return day;
    const time = clock.slice(0, step_s < 60 ? 8 : 5);
    if (day === shown) return time;
    shown = day;
    return `${time}\n${day}`;
  });
}

/** Words as a sentence: a capital letter, and a stop at the end. */
export function sentence(text) {
  return text && text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? '' : '.');
}

/** How many digits after the point people want of a token: cents of money, more of what is worth more. */
function placesOf(decimals) {
  return decimals <= 6 ? Math.min(decimals, 2) : 4;
}

function split(baseUnits, decimals) {
  const value = BigInt(baseUnits);
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0');
  return {
    sign: value < 0n ? MINUS : '',
    whole: digits.slice(0, digits.length - decimals),
    fraction: digits.slice(digits.length - decimals),
  };
}
