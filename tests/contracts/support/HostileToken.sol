// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that misbehaves in the way it is told to.
contract HostileToken is ERC20 {
    enum Mode {
        HONEST,
        FEE_ON_TRANSFER,
        RETURNS_FALSE,
        RETURNS_NOTHING,
        REVERTS,
        REENTERS,
        MINTS_ON_TRANSFER
    }

    Mode public mode;
    uint8 private immutable _decimals;
    mapping(address account => bool) public blacklisted;

    /// @dev What a transfer calls back with, and what came of it.
    address private _target;
    bytes private _data;
    bool public reentered;
    bytes public reentryReason;

    error Blacklisted(address account);

    constructor(uint8 decimals_) ERC20("Hostile", "HOST") {
        _decimals = decimals_;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function set(Mode mode_) external {
        mode = mode_;
    }

    function blacklist(address account) external {
        blacklisted[account] = true;
    }

    function reenterWith(address target, bytes calldata data) external {
        (mode, _target, _data) = (Mode.REENTERS, target, data);
    }

    /// @dev A rebase: the balance of `account` shrinks by itself.
    function burnFrom(address account, uint256 amount) external {
        _burn(account, amount);
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return _behave() && super.transfer(to, amount) && _answer();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return _behave() && super.transferFrom(from, to, amount) && _answer();
    }

    function _behave() private returns (bool) {
        if (mode == Mode.REVERTS) revert("no");
        if (mode == Mode.RETURNS_FALSE) return false;
        if (mode == Mode.REENTERS) {
            (bool success, bytes memory reason) = _target.call(_data);
            (reentered, reentryReason) = (success, reason);
        }
        return true;
    }

    function _answer() private view returns (bool) {
        if (mode == Mode.RETURNS_NOTHING) {
            assembly {
                return(0, 0)
            }
        }
        return true;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (blacklisted[from]) revert Blacklisted(from);
        if (blacklisted[to]) revert Blacklisted(to);
        bool moves = from != address(0) && to != address(0);
        if (moves && mode == Mode.FEE_ON_TRANSFER) {
            super._update(from, address(0xfee), amount / 100);
            amount -= amount / 100;
        }
        super._update(from, to, amount);
        if (moves && mode == Mode.MINTS_ON_TRANSFER) super._update(address(0), to, 1);
    }
}
