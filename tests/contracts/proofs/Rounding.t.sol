// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ChargesLib} from "contracts/libraries/ChargesLib.sol";
import {BPS, CHARGE_DENOMINATOR, MAX_KEEPER_FEE_BPS, PRICE_SCALE} from "contracts/libraries/ConstantsLib.sol";
import {HealthLib} from "contracts/libraries/HealthLib.sol";
import {Line} from "contracts/libraries/LineLib.sol";

import {Proof} from "./Proof.sol";

/// @notice Pitfall 13: rounding never favours the borrower. Amounts and numerators have their full width; prices and rates are
/// a few that stand for small, usual and large, since a product of two unknowns is beyond the solver.
contract RoundingProof is Proof {
    using ChargesLib for Line;

    function lineOf(uint96 principal, uint96 billedPrincipal, uint144 billed, uint144 unbilled)
        internal
        pure
        returns (Line memory line)
    {
        VM.assume(billedPrincipal <= principal);
        (line.principal, line.billedPrincipal) = (principal, billedPrincipal);
        (line.billed, line.unbilled) = (billed, unbilled);
    }

    /// A payment takes itself off the debt, no more and no less, and is all charges and principal.
    function check_a_payment_takes_exactly_itself_off_the_debt(
        uint96 principal,
        uint96 billedPrincipal,
        uint144 billed,
        uint144 unbilled,
        uint96 amount
    ) public pure {
        Line memory line = lineOf(principal, billedPrincipal, billed, unbilled);
        uint256 debt = line.debtUp();
        VM.assume(amount <= debt);
        (uint256 charges, uint256 paidPrincipal) = line.pay(amount);
        unchecked {
            assert(charges + paidPrincipal == amount);
            assert(line.debtUp() + amount == debt);
            assert(line.billedPrincipal <= line.principal);
        }
    }

    /// Paid in however many parts: no fraction of a unit is forgiven. Principal is whole, so charges alone are looked at.
    function check_a_payment_forgives_no_fraction_of_a_unit(uint144 billed, uint144 unbilled, uint96 amount)
        public
        pure
    {
        Line memory line = lineOf(0, 0, billed, unbilled);
        VM.assume(amount <= line.debtUp());
        line.pay(amount);
        unchecked {
            uint256 before = uint256(billed) + unbilled;
            assert(line.billed + line.unbilled + uint256(amount) * CHARGE_DENOMINATOR >= before);
        }
    }

    /// What is due clears the bill, and not a unit less does.
    function check_a_bill_is_cleared_by_what_is_due_and_by_no_less(
        uint96 principal,
        uint96 billedPrincipal,
        uint144 billed,
        uint144 unbilled,
        uint96 less
    ) public pure {
        Line memory line = lineOf(principal, billedPrincipal, billed, unbilled);
        line.unpaidSince = 1;
        uint256 due = line.dueUp();
        VM.assume(less < due);
        line.pay(less);
        assert(line.unpaidSince == 1);
    }

    function seizedIsWorthNoMore(uint96 repaid, uint256 bonusBps, uint256 priceE36) internal pure {
        unchecked {
            uint256 seized = HealthLib.seizedDown(repaid, bonusBps, priceE36);
            assert(seized * priceE36 * BPS <= uint256(repaid) * (BPS + bonusBps) * PRICE_SCALE);
        }
    }

    /// A liquidator takes no more than it paid for and its bonus.
    function check_a_liquidator_takes_no_more_than_it_paid_for(uint96 repaid) public pure {
        seizedIsWorthNoMore(repaid, 500, 2e27);
        seizedIsWorthNoMore(repaid, 0, 1e36);
        seizedIsWorthNoMore(repaid, 2000, 31e45);
    }

    function takenInKindIsWorthNoLess(uint96 paid, uint256 discountBps, uint256 priceE36) internal pure {
        unchecked {
            uint256 seized = HealthLib.seizedInKindUp(paid, discountBps, priceE36);
            assert(seized * priceE36 * (BPS - discountBps) >= uint256(paid) * BPS * PRICE_SCALE);
        }
    }

    /// What is paid in kind is covered by collateral at the discount.
    function check_a_payment_in_kind_takes_no_less_than_it_pays(uint96 paid) public pure {
        takenInKindIsWorthNoLess(paid, 200, 2e27);
        takenInKindIsWorthNoLess(paid, 1, 1e36);
        takenInKindIsWorthNoLess(paid, 2000, 31e45);
    }

    /// Payment and fee stay within the budget, and one unit more would not.
    function check_a_payment_and_its_fee_stay_within_the_budget(uint96 budget) public pure {
        unchecked {
            uint256 paid = HealthLib.largestPayment(budget, MAX_KEEPER_FEE_BPS);
            assert(paid + HealthLib.keeperFeeDown(paid, MAX_KEEPER_FEE_BPS) <= budget);
            assert(paid + 1 + HealthLib.keeperFeeDown(paid + 1, MAX_KEEPER_FEE_BPS) > budget);
        }
    }
}
