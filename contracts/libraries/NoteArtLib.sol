// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {BPS} from "./ConstantsLib.sol";
import {MathLib} from "./MathLib.sol";
import {TextLib} from "./TextLib.sol";

/// @dev What a note says in words, and the figures that its picture is drawn from. Symbols are as the tokens say them.
struct Note {
    string id;
    string loanSymbol;
    string collateralSymbol;
    string drawn;
    string limit;
    string debt;
    string collateral;
    string claimLoan;
    string claimCollateral;
    string ltv;
    string nextDue;
    string status;
    string color;
    uint256 drawnBps;
    uint256 ltvBps;
    uint256 initialLtvBps;
    uint256 liquidationLtvBps;
}

/// @title NoteArtLib
/// @notice The picture of a note: a ring of what is drawn of the limit, a bar of debt over value with the two LTVs marked
/// on it, and what one asks first. The status gives the color, health has its own.
library NoteArtLib {
    using MathLib for uint256;
    using Strings for uint256;

    /// @dev Circumference of the ring, in units of the picture: 2π·84.
    uint256 private constant RING = 528;

    /// @dev Length of the bar, which stands for all of the value.
    uint256 private constant BAR = 304;

    string private constant SOUND = "#3fb68b";
    string private constant STRAINED = "#e3b341";
    string private constant UNHEALTHY = "#e5484d";

    function draw(Note memory note) internal pure returns (string memory) {
        string memory loan = TextLib.escapeXml(note.loanSymbol);
        string memory collateral = TextLib.escapeXml(note.collateralSymbol);
        return string.concat(
            _card(note),
            _title(note),
            _ring(note),
            _drawn(note, loan),
            _health(note),
            _rows(note, loan, collateral),
            "</svg>"
        );
    }

    /// @dev What the holder can claim, in both tokens if there is any of the collateral.
    function claimable(Note memory note, string memory loan, string memory collateral)
        internal
        pure
        returns (string memory text)
    {
        text = string.concat(note.claimLoan, " ", loan);
        if (bytes(note.claimCollateral).length > 0) {
            text = string.concat(text, " + ", note.claimCollateral, " ", collateral);
        }
    }

    // ---------------------------------------------------------------- the parts, from top to bottom

    /// @dev The card, with an edge and a glow in the color of the status.
    function _card(Note memory note) private pure returns (string memory) {
        return string.concat(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 520" fill="#e6edf3" '
            'font-family="ui-sans-serif,system-ui,sans-serif"><defs>'
            '<linearGradient id="g" x2="1" y2="1"><stop stop-color="#1b2430"/><stop offset="1" stop-color="#0b0f14"/>'
            '</linearGradient><radialGradient id="h" cy=".36" r=".6"><stop stop-opacity=".22" stop-color="',
            note.color,
            '"/><stop offset="1" stop-opacity="0" stop-color="',
            note.color,
            '"/></radialGradient></defs><rect width="360" height="520" rx="24" fill="url(#g)"/>'
            '<rect width="360" height="520" rx="24" fill="url(#h)"/>'
            '<rect x="1" y="1" width="358" height="518" rx="23" fill="none" stroke-opacity=".45" stroke-width="2" stroke="',
            note.color,
            '"/>'
        );
    }

    /// @dev Whose note it is, and the status in a pill as wide as its word.
    function _title(Note memory note) private pure returns (string memory) {
        uint256 width = bytes(note.status).length * 9 + 22;
        return string.concat(
            '<text x="28" y="48" font-size="15" letter-spacing="3" fill-opacity=".75">COVENANT</text>'
            '<text x="28" y="70" font-size="13" fill-opacity=".55">Credit line #',
            note.id,
            '</text><g fill="',
            note.color,
            '"><rect x="',
            (332 - width).toString(),
            '" y="31" width="',
            width.toString(),
            '" height="26" rx="13" fill-opacity=".16"/><text x="',
            (332 - width / 2).toString(),
            '" y="48.5" font-size="12" font-weight="700" letter-spacing=".8" text-anchor="middle">',
            note.status,
            "</text></g>"
        );
    }

    /// @dev What is drawn of the limit: an arc, clockwise from the top. None where nothing is drawn: its round end would show.
    function _ring(Note memory note) private pure returns (string memory) {
        string memory track = '<g fill="none" stroke-width="12"><circle cx="180" cy="196" r="84" stroke="#fff" '
            'stroke-opacity=".08"/>';
        if (note.drawnBps == 0) return string.concat(track, "</g>");
        return string.concat(
            track,
            '<circle cx="180" cy="196" r="84" transform="rotate(-90 180 196)" stroke-linecap="round" stroke="',
            note.color,
            '" stroke-dasharray="',
            (note.drawnBps * RING / BPS).toString(),
            " ",
            RING.toString(),
            '"/></g>'
        );
    }

    /// @dev The figures inside the ring.
    function _drawn(Note memory note, string memory loan) private pure returns (string memory) {
        return string.concat(
            '<g text-anchor="middle"><text x="180" y="192" font-size="20" font-weight="700">',
            note.drawn,
            '</text><text x="180" y="215" font-size="12" fill-opacity=".6">drawn of ',
            note.limit,
            '</text><text x="180" y="235" font-size="12" fill-opacity=".6">',
            loan,
            "</text></g>"
        );
    }

    /// @dev Debt over value on a bar of all the value, with a mark at the initial LTV and one at the liquidation LTV.
    function _health(Note memory note) private pure returns (string memory) {
        return string.concat(
            _row(332, "Debt over value", note.ltv),
            '<rect x="28" y="344" width="304" height="6" rx="3" fill="#fff" fill-opacity=".08"/><rect x="28" y="344" width="',
            _onBar(note.ltvBps),
            '" height="6" rx="3" fill="',
            _healthColor(note),
            '"/>',
            _mark(note.initialLtvBps, STRAINED),
            _mark(note.liquidationLtvBps, UNHEALTHY)
        );
    }

    function _mark(uint256 ltvBps, string memory color) private pure returns (string memory) {
        return string.concat(
            '<rect x="28" y="341" width="2" height="12" rx="1" transform="translate(',
            _onBar(ltvBps),
            ')" fill="',
            color,
            '"/>'
        );
    }

    function _rows(Note memory note, string memory loan, string memory collateral)
        private
        pure
        returns (string memory)
    {
        return string.concat(
            _row(388, "Debt", string.concat(note.debt, " ", loan)),
            _row(418, "Collateral", string.concat(note.collateral, " ", collateral)),
            _row(448, "To claim", claimable(note, loan, collateral)),
            _row(478, "Next due", note.nextDue)
        );
    }

    // ---------------------------------------------------------------- figures

    function _row(uint256 y, string memory label, string memory value) private pure returns (string memory) {
        string memory at = y.toString();
        return string.concat(
            '<text x="28" y="',
            at,
            '" font-size="13" fill-opacity=".55">',
            label,
            '</text><text x="332" y="',
            at,
            '" font-size="13" text-anchor="end">',
            value,
            "</text>"
        );
    }

    /// @dev Where a part of the value ends on the bar; more than all of it at the end.
    function _onBar(uint256 bps) private pure returns (string memory) {
        return (bps.min(BPS) * BAR / BPS).toString();
    }

    function _healthColor(Note memory note) private pure returns (string memory) {
        if (note.ltvBps > note.liquidationLtvBps) return UNHEALTHY;
        return note.ltvBps > note.initialLtvBps ? STRAINED : SOUND;
    }
}
