/** What the page reads from contracts through the wallet, where no answer of the API tells it. */

const IS_OPERATOR = '0xb6363cf2'; // isOperator(address borrower, address operator)
const ALLOWANCE = '0xdd62ed3e'; // allowance(address owner, address spender)

/** Whether `borrower` lets `operator` act on all of its lines. */
export async function isOperator(wallet, vault, borrower, operator) {
  return BigInt(await wallet.call(vault, IS_OPERATOR + word(borrower) + word(operator))) === 1n;
}

/** How many base units of `token` its `owner` lets `spender` take. */
export async function allowance(wallet, token, owner, spender) {
  return BigInt(await wallet.call(token, ALLOWANCE + word(owner) + word(spender)));
}

function word(address) {
  return address.slice(2).toLowerCase().padStart(64, '0');
}
