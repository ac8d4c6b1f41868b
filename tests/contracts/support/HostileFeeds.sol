// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A feed that misbehaves in the way it is told to.
contract HostileFeed {
    enum Mode {
        HONEST,
        REVERTS,
        REVERTS_WITH_MEGABYTES,
        RETURNS_MEGABYTES,
        BURNS_GAS,
        RETURNS_TOO_LITTLE,
        WRITES,
        NEEDS_80K_GAS
    }

    uint8 public constant decimals = 8;
    Mode public mode;
    int256 public answer = 2000e8;
    uint256 private _written;

    function set(Mode mode_) external {
        mode = mode_;
    }

    function latestRoundData() external returns (uint80, int256, uint256, uint256, uint80) {
        if (mode == Mode.REVERTS) revert("no");
        // As much as a feed's gas pays for: the price of memory grows with its square.
        if (mode == Mode.REVERTS_WITH_MEGABYTES) {
            assembly {
                revert(0, 150000)
            }
        }
        if (mode == Mode.RETURNS_MEGABYTES) {
            int256 said = answer;
            uint256 now_ = block.timestamp;
            assembly {
                mstore(0, 1)
                mstore(0x20, said)
                mstore(0x40, now_)
                mstore(0x60, now_)
                mstore(0x80, 1)
                return(0, 150000)
            }
        }
        if (mode == Mode.BURNS_GAS) while (true) {}
        if (mode == Mode.RETURNS_TOO_LITTLE) {
            assembly {
                return(0, 0x80)
            }
        }
        if (mode == Mode.WRITES) _written += 1;
        if (mode == Mode.NEEDS_80K_GAS) {
            uint256 had = gasleft();
            while (had - gasleft() < 80_000) {}
        }
        return (1, answer, block.timestamp, block.timestamp, 1);
    }
}
