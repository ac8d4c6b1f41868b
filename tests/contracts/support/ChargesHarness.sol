// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LineTerms, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {ChargesLib} from "contracts/libraries/ChargesLib.sol";
import {Line, LineLib} from "contracts/libraries/LineLib.sol";

/// @notice `ChargesLib` on states of one's own choice.
contract ChargesHarness {
    using ChargesLib for Line;
    using LineLib for Line;

    function advance(LineTerms memory terms, StoredState memory state, uint256 at)
        external
        pure
        returns (StoredState memory)
    {
        Line memory line = LineLib.fromStored(1, terms, state);
        line.advance(at);
        return line.toStored();
    }

    function pay(LineTerms memory terms, StoredState memory state, uint256 amount)
        external
        pure
        returns (StoredState memory, uint256 charges, uint256 principal)
    {
        Line memory line = LineLib.fromStored(1, terms, state);
        (charges, principal) = line.pay(amount);
        return (line.toStored(), charges, principal);
    }

    function owed(LineTerms memory terms, StoredState memory state) external pure returns (uint256 due, uint256 debt) {
        Line memory line = LineLib.fromStored(1, terms, state);
        return (line.dueUp(), line.debtUp());
    }
}
