// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LineTerms} from "contracts/interfaces/ICreditVault.sol";
import {BPS} from "contracts/libraries/ConstantsLib.sol";
import {HealthLib, LiquidationLimit} from "contracts/libraries/HealthLib.sol";
import {Terms, TermsLib} from "contracts/libraries/TermsLib.sol";

import {Proof} from "./Proof.sol";

/// @notice A liquidation restores the initial LTV, and takes no more than that needs. Debts and values of 96 bits; LTV and
/// bonus are three pairs, from cautious to as close to the edge as an offer may go.
/// @dev Inequalities are written without a difference, and multiplied out: (debt − x)·1e4 ≤ t0·(V − x·i/1e4).
contract LiquidationProof is Proof {
    function termsOf(uint16 initialLtvBps, uint16 bonusBps) internal pure returns (Terms) {
        LineTerms memory terms;
        (terms.initialLtvBps, terms.bonusBps) = (initialLtvBps, bonusBps);
        return TermsLib.pack(terms);
    }

    function restored(uint256 debt, uint256 value, uint256 repaid, Terms terms) internal pure returns (bool) {
        unchecked {
            uint256 seizedValue = (BPS + terms.bonusBps()) * repaid;
            return debt * BPS * BPS + terms.initialLtvBps() * seizedValue
                <= terms.initialLtvBps() * BPS * value + BPS * BPS * repaid;
        }
    }

    function restores(uint96 debt, uint96 value, Terms terms) internal pure {
        LiquidationLimit memory limit = HealthLib.liquidationLimit(debt, value, terms, false, 0);
        uint256 repaid = limit.maxRepaid;
        assert(repaid <= debt && repaid <= limit.seizesAllAt);
        if (repaid < debt && repaid < limit.seizesAllAt) assert(restored(debt, value, repaid, terms));
        if (repaid > 0) assert(!restored(debt, value, repaid - 1, terms));
    }

    function check_a_liquidation_restores_the_target_and_not_a_unit_less_does(uint96 debt, uint96 value) public pure {
        restores(debt, value, termsOf(6000, 500));
    }

    function check_the_same_with_a_low_target_and_the_largest_bonus(uint96 debt, uint96 value) public pure {
        restores(debt, value, termsOf(1000, 2000));
    }

    function check_the_same_with_a_target_at_the_edge(uint96 debt, uint96 value) public pure {
        restores(debt, value, termsOf(9900, 50));
    }

    /// No leftover below the minimum debt, unless the collateral is used up.
    function check_no_leftover_below_the_minimum_debt(uint96 debt, uint96 value, uint96 minDebt) public pure {
        LiquidationLimit memory limit = HealthLib.liquidationLimit(debt, value, termsOf(6000, 500), false, minDebt);
        unchecked {
            uint256 left = debt - limit.maxRepaid;
            assert(left == 0 || left >= minDebt || limit.maxRepaid == limit.seizesAllAt);
        }
    }

    /// A defaulted line is repaid whole, as far as its collateral goes.
    function check_a_defaulted_line_is_repaid_as_far_as_its_collateral_goes(uint96 debt, uint96 value) public pure {
        LiquidationLimit memory limit = HealthLib.liquidationLimit(debt, value, termsOf(6000, 500), true, 0);
        assert(limit.maxRepaid == debt || limit.maxRepaid == limit.seizesAllAt);
        assert(limit.maxRepaid <= debt);
    }

    function seizesNoMoreThanThereIs(uint96 collateral, uint96 repaid, uint256 priceE36) internal pure {
        Terms terms = termsOf(6000, 500);
        uint256 value = HealthLib.valueDown(collateral, priceE36);
        LiquidationLimit memory limit = HealthLib.liquidationLimit(type(uint96).max, value, terms, true, 0);
        VM.assume(repaid < limit.seizesAllAt);
        assert(HealthLib.seizedDown(repaid, terms.bonusBps(), priceE36) <= collateral);
    }

    /// What is seized was there: at a price below, at and above one.
    function check_a_liquidation_seizes_no_more_than_there_is(uint96 collateral, uint96 repaid) public pure {
        seizesNoMoreThanThereIs(collateral, repaid, 2e27);
        seizesNoMoreThanThereIs(collateral, repaid, 1e36);
        seizesNoMoreThanThereIs(collateral, repaid, 31e45);
    }

    /// A payment in kind at the discount of 2 % restores the initial LTV, if it can be restored at all.
    function check_a_payment_in_kind_restores_the_target(uint96 debt, uint96 value) public pure {
        LineTerms memory terms;
        (terms.initialLtvBps, terms.inKindDiscountBps) = (6000, 200);
        uint256 paid = HealthLib.excessInKindUp(debt, value, TermsLib.pack(terms));
        assert(paid <= debt);
        unchecked {
            // (debt − x)·(1 − discount) ≤ t0·(V·(1 − discount) − x), times 1e8.
            if (paid < debt) {
                assert(
                    uint256(debt) * 9800 * BPS + 6000 * BPS * paid <= 6000 * uint256(value) * 9800 + paid * 9800 * BPS
                );
            }
        }
    }
}
