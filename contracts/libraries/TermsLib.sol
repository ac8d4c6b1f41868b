// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LineTerms} from "../interfaces/ICreditVault.sol";
import {MathLib} from "./MathLib.sol";

/// @dev `LineTerms` in the one word that they are stored in, the first field lowest: 13 fields of 16 bits, the second
/// of `open` in 32, the market in 16. Zero is no line's.
type Terms is uint256;

using TermsLib for Terms global;

/// @title TermsLib
/// @notice What never changes in a line, and the calendar that follows from it. Letters as in `ChargesLib`.
/// @dev Unchecked arithmetic: the latest date is below 2^32 + 2^16 hours, the sum of any three below 2^35.
library TermsLib {
    using MathLib for uint256;

    // ---------------------------------------------------------------- one word

    function pack(LineTerms memory terms) internal pure returns (Terms) {
        return Terms.wrap(
            uint256(terms.aprBps) | uint256(terms.commitmentBps) << 16 | uint256(terms.penaltyBps) << 32
                | uint256(terms.initialLtvBps) << 48 | uint256(terms.liquidationLtvBps) << 64 | uint256(terms.bonusBps)
                << 80 | uint256(terms.inKindLtvBps) << 96 | uint256(terms.inKindDiscountBps) << 112
                | uint256(terms.amortBps) << 128 | uint256(terms.periodHours) << 144 | uint256(terms.graceHours) << 160
                | uint256(terms.drawWindowHours) << 176 | uint256(terms.termHours) << 192 | uint256(terms.openedAt)
                << 208 | uint256(terms.marketId) << 240
        );
    }

    function unpack(Terms terms) internal pure returns (LineTerms memory unpacked) {
        uint256 word = Terms.unwrap(terms);
        unpacked.aprBps = uint16(word);
        unpacked.commitmentBps = uint16(word >> 16);
        unpacked.penaltyBps = uint16(word >> 32);
        unpacked.initialLtvBps = uint16(word >> 48);
        unpacked.liquidationLtvBps = uint16(word >> 64);
        unpacked.bonusBps = uint16(word >> 80);
        unpacked.inKindLtvBps = uint16(word >> 96);
        unpacked.inKindDiscountBps = uint16(word >> 112);
        unpacked.amortBps = uint16(word >> 128);
        unpacked.periodHours = uint16(word >> 144);
        unpacked.graceHours = uint16(word >> 160);
        unpacked.drawWindowHours = uint16(word >> 176);
        unpacked.termHours = uint16(word >> 192);
        unpacked.openedAt = uint32(word >> 208);
        unpacked.marketId = uint16(word >> 240);
    }

    // ---------------------------------------------------------------- rates and ratios, in basis points

    function aprBps(Terms terms) internal pure returns (uint256) {
        return _half(terms, 0);
    }

    function commitmentBps(Terms terms) internal pure returns (uint256) {
        return _half(terms, 16);
    }

    function penaltyBps(Terms terms) internal pure returns (uint256) {
        return _half(terms, 32);
    }

    function initialLtvBps(Terms terms) internal pure returns (uint256) {
        return _half(terms, 48);
    }

    function liquidationLtvBps(Terms terms) internal pure returns (uint256) {
        return _half(terms, 64);
    }

    function bonusBps(Terms terms) internal pure returns (uint256) {
        return _half(terms, 80);
    }

    function inKindLtvBps(Terms terms) internal pure returns (uint256) {
        return _half(terms, 96);
    }

    function inKindDiscountBps(Terms terms) internal pure returns (uint256) {
        return _half(terms, 112);
    }

    function amortBps(Terms terms) internal pure returns (uint256) {
        return _half(terms, 128);
    }

    function marketId(Terms terms) internal pure returns (uint16) {
        return uint16(Terms.unwrap(terms) >> 240);
    }

    // ---------------------------------------------------------------- the calendar, in seconds

    /// @dev The length of a period, greater than zero.
    function period(Terms terms) internal pure returns (uint256) {
        unchecked {
            return _half(terms, 144) * 1 hours;
        }
    }

    /// @dev How long a bill may be unpaid before the line is in default.
    function grace(Terms terms) internal pure returns (uint256) {
        unchecked {
            return _half(terms, 160) * 1 hours;
        }
    }

    /// @dev O: the second of `open`.
    function openedAt(Terms terms) internal pure returns (uint256) {
        return uint32(Terms.unwrap(terms) >> 208);
    }

    /// @dev W: the first second at which nothing can be drawn any more.
    function windowEndsAt(Terms terms) internal pure returns (uint256) {
        unchecked {
            return openedAt(terms) + _half(terms, 176) * 1 hours;
        }
    }

    /// @dev M: the second at which everything is billed.
    function maturesAt(Terms terms) internal pure returns (uint256) {
        unchecked {
            return openedAt(terms) + _half(terms, 192) * 1 hours;
        }
    }

    /// @dev The start of the period that contains `at` ≥ O.
    function boundaryAtOrBefore(Terms terms, uint256 at) internal pure returns (uint256) {
        unchecked {
            return at - (at - openedAt(terms)) % period(terms);
        }
    }

    /// @dev The first billing second after `at` < M. Maturity is one, whatever the period.
    function boundaryAfter(Terms terms, uint256 at) internal pure returns (uint256) {
        unchecked {
            return maturesAt(terms).min(boundaryAtOrBefore(terms, at) + period(terms));
        }
    }

    // ---------------------------------------------------------------- internal

    /// @dev The field of 16 bits that starts at the bit `from`, as a number that may be multiplied.
    function _half(Terms terms, uint256 from) private pure returns (uint256) {
        return uint16(Terms.unwrap(terms) >> from);
    }
}
