// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice An oracle whose two readings are set by hand.
contract TwoPrices {
    uint256 public measuringPrice;
    uint256 private _riskPrice;
    uint256 private _deviationBps;

    function set(uint256 risk, uint256 measuring, uint256 deviationBps) external {
        (_riskPrice, measuringPrice, _deviationBps) = (risk, measuring, deviationBps);
    }

    function riskPrice() external view returns (uint256, uint256) {
        return (_riskPrice, _deviationBps);
    }
}
