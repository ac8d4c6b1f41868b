// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Asks many things at one second, so that what contracts say after a step costs one call.
contract Witness {
    struct Question {
        address to;
        bytes data;
    }

    struct Answer {
        bool success;
        bytes output;
    }

    function ask(Question[] calldata questions) external view returns (Answer[] memory answers) {
        answers = new Answer[](questions.length);
        for (uint256 i = 0; i < questions.length; ++i) {
            (answers[i].success, answers[i].output) = questions[i].to.staticcall(questions[i].data);
        }
    }

    /// @notice What each of `accounts` holds of `token`, one word each.
    function balances(IERC20 token, address[] calldata accounts) external view returns (bytes memory words) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            words = bytes.concat(words, bytes32(token.balanceOf(accounts[i])));
        }
    }
}
