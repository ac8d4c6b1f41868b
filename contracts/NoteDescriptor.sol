// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {ICreditVault, LineTerms, Market, Status} from "./interfaces/ICreditVault.sol";
import {INoteDescriptor} from "./interfaces/INoteDescriptor.sol";
import {ChargesLib} from "./libraries/ChargesLib.sol";
import {BPS} from "./libraries/ConstantsLib.sol";
import {HealthLib} from "./libraries/HealthLib.sol";
import {Line, LineLib} from "./libraries/LineLib.sol";
import {MathLib} from "./libraries/MathLib.sol";
import {TextLib} from "./libraries/TextLib.sol";

/// @title NoteDescriptor
/// @notice Draws the NFT of a line as it stands at this second: what is drawn of what, how healthy it is, when it is due next.
/// @dev Holds nothing and knows no vault: any vault's NFT may use it. All that tokens say of themselves is escaped.
contract NoteDescriptor is INoteDescriptor {
    using ChargesLib for Line;
    using MathLib for uint256;
    using SafeERC20 for IERC20;
    using Strings for uint256;

    /// @dev Circumference of the ring, in units of the picture: 2π·92.
    uint256 private constant RING = 578;

    /// @dev What the picture and the JSON say.
    struct Note {
        string id;
        string loanSymbol;
        string collateralSymbol;
        string drawn;
        string limit;
        string collateral;
        string debt;
        string ltv;
        string nextDue;
        string status;
        string color;
        uint256 drawnBps;
    }

    /// @inheritdoc INoteDescriptor
    function tokenURI(ICreditVault vault, uint256 id) external view returns (string memory) {
        Note memory note = _note(vault, id);
        string memory json = string.concat(
            '{"name":"Covenant credit line #',
            note.id,
            '","description":"The claim on what this credit line pays: whoever holds it may claim.",',
            '"image":"data:image/svg+xml;base64,',
            Base64.encode(bytes(_svg(note))),
            '","attributes":[',
            _attributes(note),
            "]}"
        );
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
    }

    // ---------------------------------------------------------------- what there is to say

    function _note(ICreditVault vault, uint256 id) private view returns (Note memory note) {
        LineTerms memory terms = vault.terms(id);
        Line memory line = LineLib.fromStored(id, terms, vault.projected(id, uint32(block.timestamp)));
        Market memory market = vault.market(terms.marketId);
        uint256 limit = line.principal + line.undrawn;
        // audit: unused-return: without decimals they are zero, and the amounts are base units
        // slither-disable-next-line unused-return
        (, uint8 loanDecimals) = IERC20(market.loanToken).tryGetDecimals();
        // audit: unused-return: without decimals they are zero, and the amounts are base units
        // slither-disable-next-line unused-return
        (, uint8 collateralDecimals) = IERC20(market.collateralToken).tryGetDecimals();

        note.id = id.toString();
        note.loanSymbol = TextLib.symbolOf(market.loanToken);
        note.collateralSymbol = TextLib.symbolOf(market.collateralToken);
        note.drawn = TextLib.amountDown(line.principal, loanDecimals, 2);
        note.limit = TextLib.amountDown(limit, loanDecimals, 2);
        note.debt = TextLib.amountDown(line.debtUp(), loanDecimals, 2);
        note.collateral = TextLib.amountDown(line.collateral, collateralDecimals, 4);
        note.drawnBps = line.principal * BPS / limit.max(1);
        note.nextDue = _nextDue(line);
        bool unhealthy = false;
        note.ltv = "no debt";
        if (line.debtUp() > 0) (note.ltv, unhealthy) = _ltv(vault, line);
        (note.status, note.color) = _status(line.statusOf(), unhealthy);
    }

    function _nextDue(Line memory line) private pure returns (string memory) {
        uint256 due = line.unpaidFrom();
        return due < ChargesLib.NEVER ? string.concat(TextLib.dateTime(due), " UTC") : "nothing due";
    }

    /// @dev Debt over value at the measuring price, rounded up. Without a price there is nothing to say.
    function _ltv(ICreditVault vault, Line memory line) private view returns (string memory text, bool unhealthy) {
        try vault.health(line.id) returns (uint256 debt, uint256 value) {
            unhealthy = HealthLib.exceedsLtv(debt, value, line.terms.liquidationLtvBps());
            text = value > 0 ? TextLib.percent(debt.mulDivUp(BPS, value)) : "no value";
            text = string.concat(text, " of ", TextLib.percent(line.terms.liquidationLtvBps()));
        } catch {
            text = "no price";
        }
    }

    /// @dev In the order of `Status`. Health is a separate question, and comes before bills that are not in default.
    function _status(Status status, bool unhealthy) private pure returns (string memory text, string memory color) {
        string[7] memory texts = ["", "CURRENT", "DUE", "PAST DUE", "DEFAULT", "CLOSED", "WRITTEN OFF"];
        string[7] memory colors = ["", "#3fb68b", "#e3b341", "#f0883e", "#e5484d", "#7d8da1", "#6b6b76"];
        if (unhealthy && status < Status.DEFAULT) return ("UNHEALTHY", colors[uint256(Status.DEFAULT)]);
        return (texts[uint256(status)], colors[uint256(status)]);
    }

    // ---------------------------------------------------------------- JSON

    function _attributes(Note memory note) private pure returns (string memory) {
        string memory loan = string.concat(" ", Strings.escapeJSON(note.loanSymbol));
        string memory collateral = string.concat(" ", Strings.escapeJSON(note.collateralSymbol));
        string memory amounts = string.concat(
            _attribute("Drawn", string.concat(note.drawn, loan)),
            _attribute("Limit", string.concat(note.limit, loan)),
            _attribute("Debt", string.concat(note.debt, loan)),
            _attribute("Collateral", string.concat(note.collateral, collateral))
        );
        return string.concat(
            amounts,
            _attribute("Debt over value", note.ltv),
            _attribute("Next due", note.nextDue),
            '{"trait_type":"Status","value":"',
            note.status,
            '"}'
        );
    }

    function _attribute(string memory trait, string memory value) private pure returns (string memory) {
        return string.concat('{"trait_type":"', trait, '","value":"', value, '"},');
    }

    // ---------------------------------------------------------------- SVG

    function _svg(Note memory note) private pure returns (string memory) {
        string memory loan = TextLib.escapeXml(note.loanSymbol);
        return string.concat(_card(note), _title(note), _ring(note), _drawn(note, loan), _rows(note, loan), "</svg>");
    }

    function _rows(Note memory note, string memory loan) private pure returns (string memory) {
        string memory collateral = TextLib.escapeXml(note.collateralSymbol);
        return string.concat(
            _row(378, "Debt", string.concat(note.debt, " ", loan)),
            _row(412, "Collateral", string.concat(note.collateral, " ", collateral)),
            _row(446, "Debt over value", note.ltv),
            _row(480, "Next due", note.nextDue)
        );
    }

    /// @dev The card in the color of the status.
    function _card(Note memory note) private pure returns (string memory) {
        return string.concat(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 520" fill="#e6edf3" '
            'font-family="ui-sans-serif,system-ui,sans-serif"><defs><linearGradient id="g" x2="1" y2="1">'
            '<stop stop-color="#1b2430"/><stop offset="1" stop-color="#0b0f14"/></linearGradient></defs>'
            '<rect width="360" height="520" rx="24" fill="url(#g)"/>'
            '<rect x="1" y="1" width="358" height="518" rx="23" fill="none" stroke-opacity=".45" stroke-width="2" stroke="',
            note.color,
            '"/>'
        );
    }

    function _title(Note memory note) private pure returns (string memory) {
        return string.concat(
            '<text x="28" y="48" font-size="15" letter-spacing="3" fill-opacity=".7">COVENANT</text>'
            '<text x="28" y="72" font-size="13" fill-opacity=".5">Credit line #',
            note.id,
            '</text><text x="332" y="48" font-size="13" font-weight="700" letter-spacing="1" text-anchor="end" fill="',
            note.color,
            '">',
            note.status,
            "</text>"
        );
    }

    /// @dev What is drawn of the limit: an arc, clockwise from the top.
    function _ring(Note memory note) private pure returns (string memory) {
        return string.concat(
            '<g fill="none" stroke-width="14"><circle cx="180" cy="214" r="92" stroke="#fff" stroke-opacity=".08"/>'
            '<circle cx="180" cy="214" r="92" transform="rotate(-90 180 214)" stroke="',
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
            '<g text-anchor="middle"><text x="180" y="206" font-size="21" font-weight="700">',
            note.drawn,
            '</text><text x="180" y="232" font-size="12" fill-opacity=".6">drawn of ',
            note.limit,
            '</text><text x="180" y="254" font-size="12" fill-opacity=".6">',
            loan,
            "</text></g>"
        );
    }

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
}
