// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title TextLib
/// @notice Amounts, dates and untrusted symbols as text for people.
library TextLib {
    using Strings for uint256;

    /// @dev Longer symbols are cut off.
    uint256 private constant MAX_SYMBOL = 16;
    uint256 private constant SYMBOL_GAS = 50_000;

    /// @dev `amount` base units as whole tokens with thousands separators and `digits` decimals, rounded down: 12,345.67.
    function amountDown(uint256 amount, uint256 decimals, uint256 digits) internal pure returns (string memory) {
        uint256 unit = 10 ** decimals;
        string memory whole = grouped(amount / unit);
        if (digits > decimals) digits = decimals;
        if (digits == 0) return whole;
        return string.concat(whole, ".", padded(amount % unit / 10 ** (decimals - digits), digits));
    }

    /// @dev Basis points as per cent: 1234 is 12.34 %.
    function percent(uint256 bps) internal pure returns (string memory) {
        return string.concat(grouped(bps / 100), ".", padded(bps % 100, 2), " %");
    }

    function grouped(uint256 value) internal pure returns (string memory text) {
        while (value >= 1000) {
            text = string.concat(",", padded(value % 1000, 3), text);
            value /= 1000;
        }
        return string.concat(value.toString(), text);
    }

    function padded(uint256 value, uint256 width) internal pure returns (string memory text) {
        text = value.toString();
        while (bytes(text).length < width) text = string.concat("0", text);
    }

    /// @dev A timestamp as 2026-11-24 03:00 (UTC).
    function dateTime(uint256 timestamp) internal pure returns (string memory) {
        string memory clock =
            string.concat(padded(timestamp / 1 hours % 24, 2), ":", padded(timestamp / 1 minutes % 60, 2));
        return string.concat(_date(timestamp / 1 days), " ", clock);
    }

    /// @dev A day since 1970 by the proleptic Gregorian calendar, counted in years that begin in March and eras of 400 years.
    // audit: divide-before-multiply: whole years and months are what is counted
    // slither-disable-next-line divide-before-multiply
    function _date(uint256 daysSince1970) private pure returns (string memory) {
        uint256 dayOfEra = (daysSince1970 + 719_468) % 146_097;
        uint256 yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        uint256 monthFromMarch = (5 * dayOfYear + 2) / 153;
        uint256 month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        uint256 year = yearOfEra + (daysSince1970 + 719_468) / 146_097 * 400 + (month <= 2 ? 1 : 0);
        uint256 day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1;
        return string.concat(year.toString(), "-", padded(month, 2), "-", padded(day, 2));
    }

    /// @dev What a token calls itself, as a string or as a bytes32. "?" when it does not say, however it fails to.
    function symbolOf(address token) internal view returns (string memory) {
        bytes memory call_ = abi.encodeWithSignature("symbol()");
        bytes32[3] memory words;
        uint256 size;
        // audit: no-inline-assembly: a call in Solidity copies all that comes back, and fails here where its form is wrong
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            if staticcall(SYMBOL_GAS, token, add(call_, 0x20), mload(call_), words, 0x60) {
                size := returndatasize()
            }
        }
        if (size == 32) return _printable(words[0], 32);
        if (size < 96 || uint256(words[0]) != 32) return "?";
        return _printable(words[2], uint256(words[1]));
    }

    /// @dev Text as it may stand in XML.
    function escapeXml(string memory text) internal pure returns (string memory escaped) {
        bytes memory raw = bytes(text);
        for (uint256 i = 0; i < raw.length; ++i) {
            bytes1 char = raw[i];
            if (char == "&") escaped = string.concat(escaped, "&amp;");
            else if (char == "<") escaped = string.concat(escaped, "&lt;");
            else if (char == ">") escaped = string.concat(escaped, "&gt;");
            else if (char == '"') escaped = string.concat(escaped, "&quot;");
            else if (char == "'") escaped = string.concat(escaped, "&#39;");
            else escaped = string.concat(escaped, string(abi.encodePacked(char)));
        }
    }

    /// @dev The first characters of `word`, up to a zero; what is not printable ASCII becomes "?".
    function _printable(bytes32 word, uint256 length) private pure returns (string memory) {
        if (length > MAX_SYMBOL) length = MAX_SYMBOL;
        uint256 end;
        while (end < length && word[end] != 0) ++end;
        if (end == 0) return "?";
        bytes memory text = new bytes(end);
        for (uint256 i = 0; i < end; ++i) {
            text[i] = word[i] >= 0x20 && word[i] < 0x7f ? word[i] : bytes1("?");
        }
        return string(text);
    }
}
