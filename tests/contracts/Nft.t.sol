// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {Offer} from "contracts/interfaces/ICreditVault.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {LocalToken} from "contracts/local/LocalToken.sol";
import {OracleConfig} from "contracts/interfaces/IOracleAdapter.sol";

import {VaultFixture} from "./support/VaultFixture.sol";
import {Wallet} from "./support/Wallet.sol";

contract NftTest is VaultFixture {
    string internal constant JSON = "data:application/json;base64,";
    string internal constant SVG = "data:image/svg+xml;base64,";

    function test_it_is_an_erc721_with_metadata_updates() public view {
        assertEq(nft.name(), "Covenant Credit Line");
        assertEq(nft.symbol(), "CLINE");
        assertEq(nft.vault(), address(vault));
        assertTrue(nft.supportsInterface(type(IERC165).interfaceId));
        assertTrue(nft.supportsInterface(type(IERC721).interfaceId));
        assertTrue(nft.supportsInterface(type(IERC721Metadata).interfaceId));
        assertTrue(nft.supportsInterface(0x49064906), "ERC-4906");
        assertFalse(nft.supportsInterface(0xffffffff));
    }

    function test_only_the_vault_mints_burns_and_refreshes() public {
        uint256 id = openLine();
        bytes memory refused = abi.encodeWithSelector(ErrorsLib.NotVault.selector, lender);
        vm.startPrank(lender);
        vm.expectRevert(refused);
        nft.mint(lender, 2);
        vm.expectRevert(refused);
        nft.burn(id);
        vm.expectRevert(refused);
        nft.refresh(id);
    }

    /// Pitfalls 7 and 10: minting calls nobody back, so a lender without the callback can hold a note.
    function test_minting_calls_nobody_back() public {
        Wallet wallet = new Wallet(lender);
        usdc.mint(address(wallet), LIMIT);
        wallet.approve(usdc, address(vault));
        Offer memory offer = defaultOffer();
        offer.lender = address(wallet);
        uint256 id = openWith(offer);
        assertEq(nft.ownerOf(id), address(wallet));
    }

    function test_who_may_claim_is_the_owner_the_approved_and_its_operators() public {
        uint256 id = openLine();
        assertTrue(nft.isOwnerOrApproved(lender, id));
        assertFalse(nft.isOwnerOrApproved(stranger, id));
        vm.startPrank(lender);
        nft.approve(stranger, id);
        nft.setApprovalForAll(keeper, true);
        vm.stopPrank();
        assertTrue(nft.isOwnerOrApproved(stranger, id));
        assertTrue(nft.isOwnerOrApproved(keeper, id));
        assertFalse(nft.isOwnerOrApproved(lender, id + 1), "nobody owns what was not minted");
        assertFalse(nft.isOwnerOrApproved(address(0), id + 1));
    }

    // ---------------------------------------------------------------- ERC-4906: when principal or state changes, only then

    function test_metadata_updates_are_announced_when_principal_or_state_changes() public {
        uint256 id = openLine();
        assertEq(updates(abi.encodeCall(vault.draw, (id, 1000e6, borrower))), 1);
        assertEq(updates(abi.encodeCall(vault.repay, (id, 500e6))), 1);
        pass(PERIOD);
        assertEq(updates(abi.encodeCall(vault.repay, (id, 1))), 1, "a bill appeared");
        assertEq(updates(abi.encodeCall(vault.repay, (id, 1))), 0, "charges alone");
        assertEq(updates(abi.encodeCall(vault.close, (id, borrower))), 1);
    }

    /// @custom:rule note-is-refreshed-only-when-its-picture-changes
    function test_custody_alone_announces_no_metadata_update() public {
        uint256 id = openDrawn(1000e6);
        assertEq(updates(abi.encodeCall(vault.deposit, (id, 1e18))), 0);
        assertEq(updates(abi.encodeCall(vault.withdraw, (id, 1e18, borrower))), 0);
        assertEq(updates(abi.encodeCall(vault.depositReserve, (id, 1e6))), 0);
        assertEq(updates(abi.encodeCall(vault.withdrawReserve, (id, 1e6, borrower))), 0);
    }

    function updates(bytes memory call_) internal returns (uint256 count) {
        vm.recordLogs();
        vm.prank(borrower);
        (bool success,) = address(vault).call(call_);
        assertTrue(success, "call");
        return recordedCount(IERC4906.MetadataUpdate.selector);
    }

    // ---------------------------------------------------------------- the picture

    function metadata(uint256 id) internal view returns (string memory json, string memory svg) {
        json = decoded(nft.tokenURI(id), JSON);
        svg = decoded(vm.parseJsonString(json, ".image"), SVG);
    }

    function trait(string memory json, uint256 index, string memory name) internal pure returns (string memory) {
        string memory at = string.concat(".attributes[", vm.toString(index), "]");
        assertEq(vm.parseJsonString(json, string.concat(at, ".trait_type")), name);
        return vm.parseJsonString(json, string.concat(at, ".value"));
    }

    function test_the_metadata_says_what_is_drawn_of_what_and_when_it_is_due() public {
        uint256 id = openDrawn(12_345.678901e6);
        (string memory json, string memory svg) = metadata(id);
        assertEq(vm.parseJsonString(json, ".name"), "Covenant credit line #1");
        assertEq(trait(json, 0, "Drawn"), "12,345.67 USDC");
        assertEq(trait(json, 1, "Limit"), "100,000.00 USDC");
        assertEq(trait(json, 2, "Debt"), "12,345.67 USDC");
        assertEq(trait(json, 3, "Collateral"), "50.0000 WETH");
        assertEq(trait(json, 4, "To claim"), "0.00 USDC");
        assertEq(trait(json, 5, "Debt over value"), "12.35 % of 80.00 %");
        assertEq(trait(json, 6, "Next due"), "2023-12-14 22:13 UTC");
        assertEq(trait(json, 7, "Status"), "CURRENT");
        assertTrue(vm.contains(svg, "12,345.67"));
        assertTrue(vm.contains(svg, "#3fb68b"));
        assertTrue(vm.contains(svg, 'stroke-dasharray="65 528"'), "12.34 % of the ring");
        assertTrue(vm.contains(svg, 'y="344" width="37"'), "12.35 % of the bar");
        assertTrue(vm.contains(svg, "translate(182)") && vm.contains(svg, "translate(243)"), "60 % and 80 % of it");
    }

    function test_nothing_drawn_is_a_ring_without_an_arc() public {
        (, string memory svg) = metadata(openLine());
        assertFalse(vm.contains(svg, "stroke-dasharray"));
    }

    /// Health has a color of its own, whatever the bills say.
    function test_the_bar_changes_color_at_the_two_ltvs_and_ends_at_the_whole_value() public {
        uint256 id = openDrawn(60_000e6);
        assertBar(id, 2000e8, "182", "#3fb68b");
        assertBar(id, 1999e8, "182", "#e3b341");
        assertBar(id, 1500e8, "243", "#e3b341");
        assertBar(id, 1499e8, "243", "#e5484d");
        assertBar(id, 1000e8, "304", "#e5484d");
    }

    function assertBar(uint256 id, int256 price, string memory width, string memory color) internal {
        setPrice(price);
        (, string memory svg) = metadata(id);
        string memory bar = string.concat('y="344" width="', width, '" height="6" rx="3" fill="', color, '"');
        assertTrue(vm.contains(svg, bar), bar);
    }

    function test_what_can_be_claimed_is_said_in_both_tokens() public {
        uint256 id = openDrawn(60_000e6);
        pass(PERIOD);
        repay(id, 100e6);
        setPrice(1600e8);
        vm.prank(borrower);
        vault.repayInKind(id, repaymentOf(1568e6, type(uint96).max, 0));
        (string memory json, string memory svg) = metadata(id);
        assertEq(trait(json, 4, "To claim"), "100.00 USDC + 1.0000 WETH");
        assertTrue(vm.contains(svg, "100.00 USDC + 1.0000 WETH"));
    }

    function test_the_picture_changes_color_with_the_state() public {
        uint256 id = openDrawn(60_000e6);
        assertState(id, "CURRENT", "#3fb68b");
        setPrice(1000e8);
        assertState(id, "UNHEALTHY", "#e5484d");
        setPrice(2000e8);
        pass(PERIOD);
        assertState(id, "DUE", "#e3b341");
        pass(1);
        assertState(id, "PAST DUE", "#f0883e");
        pass(GRACE);
        assertState(id, "DEFAULT", "#e5484d");
        setPrice(500e8);
        liquidate(id, type(uint96).max);
        assertState(id, "WRITTEN OFF", "#9a8f98");
    }

    function test_a_closed_line_is_drawn_as_closed() public {
        uint256 id = openLine();
        close(id);
        assertState(id, "CLOSED", "#7d8da1");
        (string memory json,) = metadata(id);
        assertEq(trait(json, 5, "Debt over value"), "no debt");
        assertEq(trait(json, 6, "Next due"), "nothing due");
    }

    function assertState(uint256 id, string memory state, string memory color) internal {
        (string memory json, string memory svg) = metadata(id);
        assertEq(trait(json, 7, "Status"), state);
        assertTrue(vm.contains(svg, color), state);
    }

    /// The picture does not depend on an oracle.
    function test_without_a_price_there_is_still_a_picture() public {
        uint256 id = openDrawn(1000e6);
        setPrice(0);
        (string memory json,) = metadata(id);
        assertEq(trait(json, 5, "Debt over value"), "no price");
    }

    function test_a_note_that_was_not_minted_has_no_picture() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 1));
        nft.tokenURI(1);
    }

    // ---------------------------------------------------------------- what tokens call themselves

    function lineIn(LocalToken loan) internal returns (uint256) {
        usdc = loan;
        fund(lender);
        fund(borrower);
        OracleConfig memory config = oracleConfig();
        oracle = deployOracle(config);
        vm.prank(owner);
        vault.createMarket(address(usdc), address(weth), address(oracle), MIN_DEBT);
        return openDrawn(1000e6);
    }

    /// A symbol can't break out of the JSON or the SVG.
    function test_symbols_are_escaped() public {
        uint256 id = lineIn(new LocalToken("Evil", '<i>"&\\', 6));
        (string memory json, string memory svg) = metadata(id);
        assertEq(trait(json, 0, "Drawn"), '1,000.00 <i>"&\\');
        assertTrue(vm.contains(svg, "&lt;i&gt;&quot;&amp;\\"));
        assertFalse(vm.contains(svg, "<i>"));
    }

    function test_long_and_unprintable_symbols_are_cut_and_replaced() public {
        uint256 id = lineIn(new LocalToken("Long", "AB\n\x01CDEFGHIJKLMNOPQRSTUVWXYZ", 6));
        (string memory json,) = metadata(id);
        assertEq(trait(json, 0, "Drawn"), "1,000.00 AB??CDEFGHIJKLMN");
    }

    function test_a_token_without_a_symbol_is_a_question_mark() public {
        uint256 id = openDrawn(1000e6);
        vm.mockCallRevert(address(usdc), abi.encodeWithSignature("symbol()"), "none");
        (string memory json,) = metadata(id);
        assertEq(trait(json, 0, "Drawn"), "1,000.00 ?");
    }

    function test_a_symbol_of_bytes32_is_read() public {
        uint256 id = openDrawn(1000e6);
        vm.mockCall(address(usdc), abi.encodeWithSignature("symbol()"), abi.encode(bytes32("MKR")));
        (string memory json,) = metadata(id);
        assertEq(trait(json, 0, "Drawn"), "1,000.00 MKR");
    }

    // ---------------------------------------------------------------- base64

    function decoded(string memory uri, string memory prefix) internal pure returns (string memory) {
        bytes memory raw = bytes(uri);
        uint256 start = bytes(prefix).length;
        for (uint256 i = 0; i < start; ++i) {
            assertEq(raw[i], bytes(prefix)[i], "prefix");
        }
        uint256 padding = (raw[raw.length - 1] == "=" ? 1 : 0) + (raw[raw.length - 2] == "=" ? 1 : 0);
        bytes memory out = new bytes((raw.length - start) / 4 * 3 - padding);
        for (uint256 i = 0; i < out.length; ++i) {
            uint256 group = start + i / 3 * 4;
            uint256 bits = sextet(raw[group]) << 18 | sextet(raw[group + 1]) << 12 | sextet(raw[group + 2]) << 6
                | sextet(raw[group + 3]);
            out[i] = bytes1(uint8(bits >> (16 - 8 * (i % 3))));
        }
        return string(out);
    }

    function sextet(bytes1 char) internal pure returns (uint256) {
        uint256 code = uint8(char);
        if (char == "+") return 62;
        if (char == "/") return 63;
        if (char == "=") return 0;
        if (code < 65) return code + 4;
        return code < 97 ? code - 65 : code - 71;
    }
}
