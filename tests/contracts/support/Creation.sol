// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";

/// @notice Creates contracts from their artifacts: what is tested is what lies there, and no test carries a copy of it.
abstract contract Creation is Test {
    /// @dev Reverts with the constructor's own reason. External, so that `vm.expectRevert` sees one call.
    function create(string memory artifact, bytes memory arguments) external returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                returndatacopy(code, 0, returndatasize())
                revert(code, returndatasize())
            }
        }
    }
}
