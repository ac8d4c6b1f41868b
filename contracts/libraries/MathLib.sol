// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title MathLib
/// @notice Directed integer arithmetic: the direction of each rounding stands in the name of the function.
library MathLib {
    /// @dev ⌊a·b/denominator⌋ with a product of 512 bits. Reverts if the result needs more than 256 bits.
    function mulDivDown(uint256 a, uint256 b, uint256 denominator) internal pure returns (uint256) {
        return Math.mulDiv(a, b, denominator);
    }

    /// @dev ⌈a·b/denominator⌉ with a product of 512 bits. Reverts if the result needs more than 256 bits.
    function mulDivUp(uint256 a, uint256 b, uint256 denominator) internal pure returns (uint256 result) {
        result = Math.mulDiv(a, b, denominator);
        if (mulmod(a, b, denominator) > 0) result += 1;
    }

    /// @dev ⌈a/denominator⌉ for denominator > 0.
    function divUp(uint256 a, uint256 denominator) internal pure returns (uint256) {
        unchecked {
            return a == 0 ? 0 : (a - 1) / denominator + 1;
        }
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }

    /// @dev max(0, a − b).
    function zeroFloorSub(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return a > b ? a - b : 0;
        }
    }
}
