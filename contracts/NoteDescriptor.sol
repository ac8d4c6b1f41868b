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
import {Note, NoteArtLib} from "./libraries/NoteArtLib.sol";
import {TextLib} from "./libraries/TextLib.sol";

/// @title NoteDescriptor
/// @notice Describes the NFT of a line as it stands at this second: what is drawn of what, how healthy it is, what can be claimed,
/// when it is due next. `NoteArtLib` draws it.
/// @dev Holds nothing and knows no vault: any vault's NFT may use it. All that tokens say of themselves is escaped.
contract NoteDescriptor is INoteDescriptor {
    using ChargesLib for Line;
    using MathLib for uint256;
    using SafeERC20 for IERC20;
    using Strings for uint256;

    /// @inheritdoc INoteDescriptor
    function tokenURI(ICreditVault vault, uint256 id) external view returns (string memory) {
        Note memory note = _note(vault, id);
        string memory json = string.concat(
            '{"name":"Covenant credit line #',
            note.id,
            '","description":"The claim on what this credit line pays: whoever holds it may claim.",',
            '"image":"data:image/svg+xml;base64,',
            Base64.encode(bytes(NoteArtLib.draw(note))),
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
        note.id = id.toString();
        _write(note, line, vault.market(terms.marketId));
        note.nextDue = _nextDue(line);
        (note.initialLtvBps, note.liquidationLtvBps) = (terms.initialLtvBps, terms.liquidationLtvBps);
        note.ltv = "no debt";
        bool unhealthy = line.isInDebt() && _measure(vault, line, note);
        (note.status, note.color) = _status(line.statusOf(), unhealthy);
    }

    /// @dev The amounts, in what the tokens call themselves.
    function _write(Note memory note, Line memory line, Market memory market) private view {
        // audit: unused-return: without decimals they are zero, and the amounts are base units
        // slither-disable-next-line unused-return
        (, uint8 loanDecimals) = IERC20(market.loanToken).tryGetDecimals();
        // audit: unused-return: without decimals they are zero, and the amounts are base units
        // slither-disable-next-line unused-return
        (, uint8 collateralDecimals) = IERC20(market.collateralToken).tryGetDecimals();
        uint256 limit = line.principal + line.undrawn;

        note.loanSymbol = TextLib.symbolOf(market.loanToken);
        note.collateralSymbol = TextLib.symbolOf(market.collateralToken);
        note.drawn = TextLib.amountDown(line.principal, loanDecimals, 2);
        note.limit = TextLib.amountDown(limit, loanDecimals, 2);
        note.drawnBps = line.principal * BPS / limit.max(1);
        note.debt = TextLib.amountDown(line.debtUp(), loanDecimals, 2);
        note.collateral = TextLib.amountDown(line.collateral, collateralDecimals, 4);
        note.claimLoan = TextLib.amountDown(line.claimLoan, loanDecimals, 2);
        if (line.claimCollateral > 0) {
            note.claimCollateral = TextLib.amountDown(line.claimCollateral, collateralDecimals, 4);
        }
    }

    function _nextDue(Line memory line) private pure returns (string memory) {
        uint256 due = line.unpaidFrom();
        return due < ChargesLib.NEVER ? string.concat(TextLib.dateTime(due), " UTC") : "nothing due";
    }

    /// @dev Debt over value at the measuring price, rounded up. Without a price there is nothing to say.
    function _measure(ICreditVault vault, Line memory line, Note memory note) private view returns (bool unhealthy) {
        try vault.health(line.id) returns (uint256 debt, uint256 value) {
            unhealthy = HealthLib.exceedsLtv(debt, value, note.liquidationLtvBps);
            note.ltvBps = value > 0 ? debt.mulDivUp(BPS, value) : type(uint256).max;
            string memory ltv = value > 0 ? TextLib.percent(note.ltvBps) : "no value";
            note.ltv = string.concat(ltv, " of ", TextLib.percent(note.liquidationLtvBps));
        } catch {
            note.ltv = "no price";
        }
    }

    /// @dev In the order of `Status`. Health is a separate question, and comes before bills that are not in default.
    function _status(Status status, bool unhealthy) private pure returns (string memory text, string memory color) {
        string[7] memory texts = ["", "CURRENT", "DUE", "PAST DUE", "DEFAULT", "CLOSED", "WRITTEN OFF"];
        string[7] memory colors = ["", "#3fb68b", "#e3b341", "#f0883e", "#e5484d", "#7d8da1", "#9a8f98"];
        if (unhealthy && status < Status.DEFAULT) return ("UNHEALTHY", colors[uint256(Status.DEFAULT)]);
        return (texts[uint256(status)], colors[uint256(status)]);
    }

    // ---------------------------------------------------------------- JSON

    function _attributes(Note memory note) private pure returns (string memory) {
        string memory loan = Strings.escapeJSON(note.loanSymbol);
        string memory collateral = Strings.escapeJSON(note.collateralSymbol);
        string memory amounts = string.concat(
            _attribute("Drawn", string.concat(note.drawn, " ", loan)),
            _attribute("Limit", string.concat(note.limit, " ", loan)),
            _attribute("Debt", string.concat(note.debt, " ", loan)),
            _attribute("Collateral", string.concat(note.collateral, " ", collateral)),
            _attribute("To claim", NoteArtLib.claimable(note, loan, collateral))
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
}
