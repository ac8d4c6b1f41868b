// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LineTerms, StoredState} from "contracts/interfaces/ICreditVault.sol";

/// @notice What a line owes, told second by second as one would explain it: slow, and written without `ChargesLib`.
library SecondBySecond {
    function advance(LineTerms memory terms, StoredState memory state, uint256 at) internal pure {
        uint256 windowEnd = uint256(terms.openedAt) + uint256(terms.drawWindowHours) * 3600;
        uint256 maturity = uint256(terms.openedAt) + uint256(terms.termHours) * 3600;
        uint256 period = uint256(terms.periodHours) * 3600;
        while (state.accruedAt < at) {
            uint256 second = state.accruedAt;
            uint256 rate = terms.aprBps;
            bool late = state.unpaidSince != 0 && second >= state.unpaidSince + uint256(terms.graceHours) * 3600;
            if (late) rate += terms.penaltyBps;
            uint256 charge = state.principal * rate;
            if (second < windowEnd) charge += uint256(state.undrawn) * terms.commitmentBps;
            state.unbilled += uint144(charge);
            state.accruedAt += 1;
            second += 1;
            if (second >= maturity) bill(state, state.principal);
            else if ((second - terms.openedAt) % period == 0) bill(state, instalment(terms, state, second > windowEnd));
        }
    }

    function instalment(LineTerms memory terms, StoredState memory state, bool amortises)
        private
        pure
        returns (uint256)
    {
        uint256 added = amortises ? (uint256(state.principal) * terms.amortBps + 9_999) / 10_000 : 0;
        uint256 total = state.billedPrincipal + added;
        return total > state.principal ? state.principal : total;
    }

    function bill(StoredState memory state, uint256 billedPrincipal) private pure {
        state.billed += state.unbilled;
        state.unbilled = 0;
        state.billedPrincipal = uint96(billedPrincipal);
        bool unpaid = state.billed > 0 || billedPrincipal > 0;
        if (unpaid && state.unpaidSince == 0) state.unpaidSince = state.accruedAt;
    }
}
