// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice An oracle that the owner should not have listed: it answers nothing in an oracle's form, in the way it is told to.
contract HostileOracle {
    enum Mode {
        REVERTS,
        REVERTS_WITH_MEGABYTES,
        RETURNS_MEGABYTES,
        BURNS_GAS,
        RETURNS_TOO_LITTLE
    }

    Mode public mode;

    function set(Mode mode_) external {
        mode = mode_;
    }

    fallback() external {
        if (mode == Mode.REVERTS) revert("no");
        if (mode == Mode.REVERTS_WITH_MEGABYTES) {
            assembly {
                revert(0, 1000000)
            }
        }
        if (mode == Mode.RETURNS_MEGABYTES) {
            assembly {
                mstore(0, 99)
                return(0, 1000000)
            }
        }
        if (mode == Mode.BURNS_GAS) while (true) {}
    }
}
