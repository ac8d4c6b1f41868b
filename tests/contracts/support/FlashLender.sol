// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156FlashLender.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A flash lender (ERC-3156) that lends what it has for a fee, or misbehaves in the way it is told to.
contract FlashLender is IERC3156FlashLender {
    enum Mode {
        HONEST,
        SAYS_NO,
        NEVER_CALLS_BACK,
        CALLS_BACK_TWICE,
        LENDS_LESS_THAN_IT_SAYS,
        ASKS_FOR_ANOTHER_AMOUNT,
        ASKS_FOR_ANOTHER_TOKEN,
        CHANGES_THE_DATA,
        NEVER_TAKES_IT_BACK,
        CALLS_FIRST
    }

    bytes32 private constant TAKEN = keccak256("ERC3156FlashBorrower.onFlashLoan");

    Mode public mode;
    uint256 public fee;
    address private _otherToken;
    bytes private _otherData;

    /// @dev What it calls before it lends, and what came of it.
    address private _target;
    bytes private _call;
    bytes public answer;
    bool public entered;

    error NotTaken();

    function set(Mode mode_) external {
        mode = mode_;
    }

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    function askForToken(address token) external {
        (mode, _otherToken) = (Mode.ASKS_FOR_ANOTHER_TOKEN, token);
    }

    function changeDataTo(bytes calldata data) external {
        (mode, _otherData) = (Mode.CHANGES_THE_DATA, data);
    }

    function callFirst(address target, bytes calldata call_) external {
        (mode, _target, _call) = (Mode.CALLS_FIRST, target, call_);
    }

    function maxFlashLoan(address token) external view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    function flashFee(address, uint256) external view returns (uint256) {
        return fee;
    }

    function flashLoan(IERC3156FlashBorrower receiver, address token, uint256 amount, bytes calldata data)
        external
        returns (bool)
    {
        if (mode == Mode.SAYS_NO) return false;
        if (mode == Mode.NEVER_CALLS_BACK) return true;
        if (mode == Mode.CALLS_FIRST) (entered, answer) = _target.call(_call);
        bytes memory told = data;
        if (mode == Mode.CHANGES_THE_DATA) told = _otherData;
        address named = mode == Mode.ASKS_FOR_ANOTHER_TOKEN ? _otherToken : token;
        uint256 said = mode == Mode.ASKS_FOR_ANOTHER_AMOUNT ? amount + 1 : amount;

        IERC20(token).transfer(address(receiver), mode == Mode.LENDS_LESS_THAN_IT_SAYS ? amount - 1 : amount);
        _callBack(receiver, named, said, told);
        if (mode == Mode.CALLS_BACK_TWICE) _callBack(receiver, named, said, told);
        if (mode == Mode.NEVER_TAKES_IT_BACK) return true;
        return IERC20(token).transferFrom(address(receiver), address(this), amount + fee);
    }

    function _callBack(IERC3156FlashBorrower receiver, address token, uint256 amount, bytes memory data) private {
        bytes32 taken = receiver.onFlashLoan(msg.sender, token, amount, fee, data);
        require(taken == TAKEN, NotTaken());
    }
}
