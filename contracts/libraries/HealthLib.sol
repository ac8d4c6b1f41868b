// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BPS, PRICE_SCALE} from "./ConstantsLib.sol";
import {MathLib} from "./MathLib.sol";
import {Terms} from "./TermsLib.sol";

/// @dev The most that a liquidator may repay, and K, the repayment for which it gets all the collateral.
struct LiquidationLimit {
    uint256 maxRepaid;
    uint256 seizesAllAt;
}

/// @title HealthLib
/// @notice Debt against the value of the collateral, and how much of each may change hands when there is too much debt.
/// @dev Debts and values are loan base units, prices loan base units for one collateral base unit times `PRICE_SCALE`.
/// Unchecked arithmetic: amounts are below 2^145 and values, whatever the price, below 2^233, so neither overflows when
/// multiplied by basis points. Terms were checked when the line was opened (`OfferLib`), so no denominator is zero.
library HealthLib {
    using MathLib for uint256;

    /// @dev V: what `collateral` is worth, rounded down.
    function valueDown(uint256 collateral, uint256 priceE36) internal pure returns (uint256) {
        return collateral.mulDivDown(priceE36, PRICE_SCALE);
    }

    /// @dev Whether the debt is more than `ltvBps` of the value. Exact: nothing is divided.
    function exceedsLtv(uint256 debt, uint256 value, uint256 ltvBps) internal pure returns (bool) {
        unchecked {
            return debt * BPS > ltvBps * value;
        }
    }

    /// @dev What must be repaid, without touching the collateral, to be back at the initial LTV.
    function excessUp(uint256 debt, uint256 value, Terms terms) internal pure returns (uint256) {
        return _excess(debt, value, terms).divUp(BPS);
    }

    // ---------------------------------------------------------------- liquidation

    /// @dev What a liquidator may repay for a line that is unhealthy or in default: an unhealthy one is brought back to its
    /// initial LTV, a defaulted one may be repaid whole. Where less than `minDebt` would be left, all of it may be repaid,
    /// as far as the collateral goes.
    function liquidationLimit(uint256 debt, uint256 value, Terms terms, bool defaulted, uint256 minDebt)
        internal
        pure
        returns (LiquidationLimit memory limit)
    {
        unchecked {
            uint256 incentive = BPS + terms.bonusBps();
            limit.seizesAllAt = value.mulDivUp(BPS, incentive);
            uint256 most = debt.min(limit.seizesAllAt);
            limit.maxRepaid = most;
            if (!defaulted) {
                // What restores the initial LTV while collateral worth `incentive` goes out for each unit repaid.
                uint256 perUnit = BPS * BPS - terms.initialLtvBps() * incentive;
                limit.maxRepaid = most.min(_excess(debt, value, terms).mulDivUp(BPS, perUnit));
            }
            uint256 left = debt - limit.maxRepaid;
            if (left > 0 && left < minDebt) limit.maxRepaid = most;
        }
    }

    /// @dev The collateral worth `repaid` and the bonus, rounded down. At `seizesAllAt` it is all of the line's instead.
    function seizedDown(uint256 repaid, uint256 bonusBps, uint256 priceE36) internal pure returns (uint256) {
        return (repaid * (BPS + bonusBps)).mulDivDown(PRICE_SCALE, BPS * priceE36);
    }

    // ---------------------------------------------------------------- payment in kind

    /// @dev What must be paid in kind to be back at the initial LTV: the x that solves debt − x ≤ t0·(V − x/(1 − discount)).
    /// More than the cash that would do it, because the collateral shrinks too.
    function excessInKindUp(uint256 debt, uint256 value, Terms terms) internal pure returns (uint256) {
        unchecked {
            uint256 kept = BPS - terms.inKindDiscountBps();
            return debt.min(_excess(debt, value, terms).mulDivUp(kept, BPS * (kept - terms.initialLtvBps())));
        }
    }

    /// @dev A payment whose collateral and fee together take at most `budget`. The value is rounded down before the
    /// quotient is, so the result can be a unit below the greatest that would fit, never above it.
    function affordableInKindDown(uint256 budget, uint256 discountBps, uint256 feeBps, uint256 priceE36)
        internal
        pure
        returns (uint256)
    {
        unchecked {
            uint256 kept = BPS - discountBps;
            return valueDown(budget, priceE36).mulDivDown(kept * BPS, BPS * BPS + feeBps * kept);
        }
    }

    /// @dev The collateral that `paid` takes at the discount, rounded up.
    function seizedInKindUp(uint256 paid, uint256 discountBps, uint256 priceE36) internal pure returns (uint256) {
        return (paid * BPS).mulDivUp(PRICE_SCALE, priceE36 * (BPS - discountBps));
    }

    // ---------------------------------------------------------------- keeper's fee

    /// @dev The fee for firing a payment, in the unit of `paid`, rounded down.
    function keeperFeeDown(uint256 paid, uint256 feeBps) internal pure returns (uint256) {
        unchecked {
            return paid * feeBps / BPS;
        }
    }

    /// @dev The largest payment that leaves, with its fee, at most `budget`: paid + ⌊paid·fee⌋ ≤ budget.
    function largestPayment(uint256 budget, uint256 feeBps) internal pure returns (uint256) {
        unchecked {
            return ((budget + 1) * BPS - 1) / (BPS + feeBps);
        }
    }

    // ---------------------------------------------------------------- internal

    /// @dev How far the debt exceeds the initial LTV, in loan base units times `BPS`.
    function _excess(uint256 debt, uint256 value, Terms terms) private pure returns (uint256) {
        unchecked {
            return (debt * BPS).zeroFloorSub(terms.initialLtvBps() * value);
        }
    }
}
