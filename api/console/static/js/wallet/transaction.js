/**
 * A transaction from the wish to the block: prepare → explain → confirm → sign and send → submit → follow.
 *
 * What is asked and shown on the way goes through a `panel` (see panel.js).
 */

import { ApiError, get, post } from '../http.js';
import { explanation } from './explanation.js';

const LOOK_AGAIN_MS = 4_000;
const KNOWN_AFTER_TRIES = 5;
const PERCENT_SPARE = 1n;

/** It came to an end, but not to the one that was wished for. */
export class NotCarriedOut extends Error {
  constructor(title, hint) {
    super(title);
    this.name = 'NotCarriedOut';
    this.title = title;
    this.hint = hint;
  }
}

/**
 * Carries out one `operation` of /v1/prepare, after the approvals that it needs. Returns the submission once it is mined
 * and leaves it to `panel` to show the rest of its way; null if the person thought better of it. `why`: what it is for,
 * where that is not what was asked for.
 *
 * Throws ApiError, WalletError, NotCarriedOut.
 */
export async function carryOut({ operation, body, why = null }, { session, live, panel }) {
  for (;;) {
    panel.busy('Asking what it would do…');
    const prepared = await post(`/v1/prepare/${operation}`, body);
    const lacking = prepared.allowances.find(({ needed, approved }) => units(approved) < units(needed));
    requireBalances(prepared);
    const next = lacking ? await approval(lacking, prepared.from) : prepared;
    if (!(await confirm(next, lacking ? `First, so that it can ${prepared.words}:` : why, panel))) return null;
    const submission = await send(next, { session, live, panel });
    if (!lacking) return submission;
  }
}

/** Follows a submission, at each block of the mirror, until `isThere`. Throws NotCarriedOut when it never will be. */
export async function follow(submission, isThere, { live, panel }) {
  let latest = submission;
  for (;;) {
    const moved = nextBlock(live); // before looking, so that no block falls in between
    latest = await lookAgain(latest);
    panel.progress(latest);
    if (latest.status === 'reverted') throw new NotCarriedOut('The contract refused it when it was mined', latest.why_reverted);
    if (latest.status === 'dropped') {
      throw new NotCarriedOut(
        'Another transaction took its place',
        'it was replaced in the wallet (sped up or cancelled), or another one used its number: look at your wallet’s history',
      );
    }
    if (isThere(latest)) return latest;
    await moved;
  }
}

export const isMined = ({ status }) => status === 'mined';
export const isFinal = ({ status, block }) => status === 'mined' && block.finality === 'finalized';

async function send(prepared, { session, live, panel }) {
  const wallet = await session.wallet(prepared.chain_id);
  panel.busy(`Waiting for you in ${wallet.name}…`);
  const hash = await wallet.send(prepared);
  panel.sent(hash);
  const submission = await submit(hash, { session, live, panel });
  return follow(submission, isMined, { live, panel });
}

/** Tells the API which transaction to follow. The node may hear of it a moment later than the wallet. */
async function submit(hash, { session, live, panel }) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await post('/v1/submissions', { tx_hash: hash });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) await signInAgain(session, panel);
      else if (error.code !== 'unknown_transaction' || tries === KNOWN_AFTER_TRIES) throw error;
      else await nextBlock(live);
    }
  }
}

async function confirm(prepared, why, panel) {
  const { ok, revert } = prepared.simulation;
  if (!ok) throw new NotCarriedOut(`The contract would refuse: ${revert.error}`, revert.hint);
  return panel.ask({ title: 'Read before you sign', body: explanation(prepared, why), yes: 'Send with the wallet' });
}

/** The transaction is on its way already: only the following needs a session. */
async function signInAgain(session, panel) {
  const title = 'It was sent, but your session has ended';
  const body = ['Sign in again to see what becomes of it.'];
  if (!(await panel.ask({ title, body, yes: 'Sign in again', lasting: true }))) {
    throw new NotCarriedOut(title, 'sign in again to see what becomes of it');
  }
  await session.signInAgain();
}

/** One answer that does not come is no reason to stop looking. */
async function lookAgain(submission) {
  try {
    return await get(`/v1/submissions/${submission.id}`);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 0 || error.status >= 500)) return submission;
    throw error;
  }
}

/** What is owed grows by the second, so a little more is approved than is needed now. */
async function approval({ token, needed }, from) {
  const amount = units(needed) + (units(needed) * PERCENT_SPARE) / 100n;
  return post('/v1/prepare/approve', { from, token, amount: amount.toString() });
}

function requireBalances({ allowances }) {
  const poor = allowances.find(({ needed, balance }) => units(balance) < units(needed));
  if (poor) throw new NotCarriedOut(`Your account has too little ${poor.needed.token}`, 'get some first, or ask for less');
}

function units(amount) {
  return BigInt(amount.base_units);
}

function nextBlock(live) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOOK_AGAIN_MS);
    live.addEventListener('block', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
