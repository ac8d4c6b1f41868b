// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedConfig, OracleConfig} from "contracts/interfaces/IOracleAdapter.sol";
import {PRICE_SCALE} from "contracts/libraries/ConstantsLib.sol";
import {OracleAdapter} from "contracts/oracle/OracleAdapter.sol";

import {Proof} from "./Proof.sol";

/// @dev A token, of which the adapter only asks the decimals.
contract Decimals {
    uint8 public immutable decimals;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }
}

/// @dev A feed that answers what it is given, as of now.
contract AnyAnswer is Decimals {
    int256 private immutable _answer;

    constructor(uint8 decimals_, int256 answer) Decimals(decimals_) {
        _answer = answer;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, _answer, block.timestamp, block.timestamp, 1);
    }
}

/// @notice Pitfall 14: one whole collateral token is worth the answer in whole loan tokens, whatever decimals the two tokens
/// and the feed have.
/// @dev Decimals are counted through, answers are all of 40 bits: up to 10^18 times that must fit the price's scale of 1e36
/// beside the tokens' 10^18. `Math.mul512` is the original; the answers are narrow enough that its upper half is zero.
contract PriceProof is Proof {
    function holdsFor(uint8 loanDecimals, uint8 collateralDecimals, uint8 feedDecimals, uint40 answer) internal {
        VM.assume(answer > 0);
        OracleConfig memory config;
        config.loanToken = address(new Decimals(loanDecimals));
        config.collateralToken = address(new Decimals(collateralDecimals));
        config.base = FeedConfig(address(new AnyAnswer(feedDecimals, int256(uint256(answer)))), 1, 0);
        (config.minPriceE36, config.maxPriceE36) = (1, type(uint256).max);
        uint256 priceE36 = new OracleAdapter(config).measuringPrice();
        unchecked {
            assert(
                priceE36 * 10 ** collateralDecimals * 10 ** feedDecimals == answer * 10 ** loanDecimals * PRICE_SCALE
            );
        }
    }

    function check_any_loan_decimals_against_eighteen(uint40 answer) public {
        for (uint8 decimals = 0; decimals <= 18; ++decimals) {
            holdsFor(decimals, 18, 8, answer);
        }
    }

    function check_any_collateral_decimals_against_six(uint40 answer) public {
        for (uint8 decimals = 0; decimals <= 18; ++decimals) {
            holdsFor(6, decimals, 8, answer);
        }
    }

    function check_any_feed_decimals(uint40 answer) public {
        for (uint8 decimals = 0; decimals <= 18; ++decimals) {
            holdsFor(6, 18, decimals, answer);
        }
    }

    /// The corners, where the scale is smallest and largest.
    function check_the_least_and_the_most_decimals(uint40 answer) public {
        for (uint8 corner = 0; corner < 8; ++corner) {
            holdsFor(corner & 1 == 0 ? 0 : 18, corner & 2 == 0 ? 0 : 18, corner & 4 == 0 ? 0 : 18, answer);
        }
    }
}
