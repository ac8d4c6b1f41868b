// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LineTerms, StoredState} from "contracts/interfaces/ICreditVault.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

/// @notice A line in storage: six slots, of which the last two are touched only when they hold something.
contract StorageTest is VaultFixture {
    uint256 internal id;

    function setUp() public override {
        super.setUp();
        id = openDrawn(20_000e6);
    }

    /// @dev The mapping of lines is the first thing in storage.
    function slot(uint256 index) internal view returns (uint256) {
        bytes32 base = keccak256(abi.encode(id, uint256(0)));
        return uint256(vm.load(address(vault), bytes32(uint256(base) + index)));
    }

    function test_the_six_slots_hold_what_the_views_say() public {
        depositReserve(id, 500e6);
        pass(PERIOD + 5 days);
        setPrice(560e8);
        vm.prank(borrower);
        vault.repayInKind(id, repaymentOf(10e6, type(uint96).max, 0));
        repay(id, 1e6);
        StoredState memory state = vault.stored(id);
        LineTerms memory terms = vault.terms(id);

        uint256 flags = 1 << 8 | 1 << 9 | 1 << 10;
        assertEq(uint16(slot(0)), terms.aprBps, "S0");
        assertEq(slot(0) >> 240, marketId, "S0");
        assertEq(uint32(slot(0) >> 208), terms.openedAt, "S0");
        assertEq(slot(1), uint256(uint160(borrower)) | uint256(state.collateral) << 160, "S1");
        uint256 times = uint256(state.accruedAt) << 192 | uint256(state.seq) << 224;
        assertEq(slot(2), uint256(state.principal) | uint256(state.undrawn) << 96 | times, "S2");
        assertEq(slot(3), uint256(state.unbilled) | uint256(state.claimLoan) << 144 | flags << 240, "S3");
        assertEq(slot(4), uint256(state.billed) | uint256(state.reserve) << 144, "S4");
        uint256 bill = uint256(state.billedPrincipal) | uint256(state.unpaidSince) << 96;
        assertEq(slot(5), bill | uint256(state.claimCollateral) << 128, "S5");
        assertTrue(state.unbilled > 0 && state.billed > 0 && state.claimCollateral > 0, "every slot is in use");
    }

    function test_the_last_two_slots_are_empty_until_they_are_needed_and_again_after() public {
        assertEq(slot(3), 1 << 248, "nothing but the mark that it was opened: what is written later was not zero");
        assertEq(slot(4) | slot(5), 0);
        depositReserve(id, 500e6);
        assertGt(slot(4), 0);
        assertEq(slot(5), 0);
        pass(PERIOD);
        repay(id, 1);
        assertGt(slot(5), 0);
        close(id);
        assertEq(slot(4) | slot(5), 0);
    }

    /// To touch a slot that holds nothing costs as much as one that does: it would be paid in each action.
    function test_an_action_neither_reads_nor_writes_the_slots_that_hold_nothing() public {
        assertUntouched(4);
        assertUntouched(5);
        depositReserve(id, 500e6);
        assertUntouched(5);
    }

    /// @dev By an action on the line that leaves the slot empty.
    function assertUntouched(uint256 index) internal {
        bytes32 place = bytes32(uint256(keccak256(abi.encode(id, uint256(0)))) + index);
        vm.record();
        vm.prank(borrower);
        vault.deposit(id, 1);
        (bytes32[] memory reads, bytes32[] memory writes) = vm.accesses(address(vault));
        for (uint256 i = 0; i < reads.length; ++i) {
            assertNotEq(reads[i], place, "read");
        }
        for (uint256 i = 0; i < writes.length; ++i) {
            assertNotEq(writes[i], place, "written");
        }
    }
}
