// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev One whole, in basis points.
uint256 constant BPS = 10_000;

/// @dev A year of 365 days, in seconds: the unit that yearly rates refer to.
uint256 constant YEAR = 365 days;

/// @dev Charges are kept as numerators over this denominator, so that no accrual ever rounds.
uint256 constant CHARGE_DENOMINATOR = BPS * YEAR;

/// @dev Scale of a price: loan base units for one collateral base unit, times this.
uint256 constant PRICE_SCALE = 1e36;

/// @dev Tokens of more decimals are not listed.
uint256 constant MAX_TOKEN_DECIMALS = 18;

/// @dev The largest credit limit. With the caps on rates it keeps every numerator below 2^144 for 2^32 seconds.
uint256 constant MAX_LIMIT = 2 ** 92;

/// @dev Caps on what an offer may ask, in basis points (rates: a year).
uint256 constant MAX_APR_BPS = 10_000;
uint256 constant MAX_PENALTY_BPS = 10_000;
uint256 constant MAX_COMMITMENT_BPS = 1_000;
uint256 constant MAX_ORIGINATION_BPS = 1_000;
uint256 constant MAX_BONUS_BPS = 2_000;
uint256 constant MAX_DISCOUNT_BPS = 2_000;

/// @dev The most that a keeper may take for firing a mandate, in basis points of what the firing pays.
uint256 constant MAX_KEEPER_FEE_BPS = 100;

/// @dev The guardian's stop lasts at most this long, and can't be renewed before the cool-down after it is over.
uint256 constant GUARDIAN_STOP = 7 days;
uint256 constant GUARDIAN_COOLDOWN = 7 days;

/// @dev Feeds of more decimals are not read, so that every scale is a whole power of ten.
uint256 constant MAX_FEED_DECIMALS = 18;

/// @dev The most reporters that an attested feed may have: what bounds the gas of a round.
uint256 constant MAX_REPORTERS = 31;

/// @dev Gas that reading one feed may use. Chainlink's proxies use a fifth of it.
uint256 constant FEED_GAS = 100_000;

/// @dev Gas that firing one mandate of a batch may use, feeds included. A firing uses a tenth of it.
uint256 constant FIRING_GAS = 1_000_000;

/// @dev Flags of a line, as they appear in its stored state. The other bits are internal and read as zero.
uint16 constant FLAG_TERMINATED = 1;
uint16 constant FLAG_CLOSED = 2;
uint16 constant FLAG_WRITTEN_OFF = 4;
