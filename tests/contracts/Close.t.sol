// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Source, Status, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {FLAG_CLOSED, FLAG_TERMINATED} from "contracts/libraries/ConstantsLib.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

contract CloseTest is VaultFixture {
    /// Invariant 12: everything is paid and everything comes back, in one call, without a price, whatever the guardian does.
    /// @custom:rule close-needs-nothing
    function testFuzz_a_borrower_pays_all_and_leaves_with_everything(uint96 drawn, uint96 reserve, uint32 wait) public {
        uint256 id = openDrawn(uint96(bound(drawn, MIN_DEBT, 60_000e6)));
        reserve = uint96(bound(reserve, 1, 100_000e6));
        depositReserve(id, reserve);
        skip(bound(wait, 0, 2 * TERM));
        setPrice(0);
        vm.prank(guardian);
        vault.stop();

        uint256 debt = debtOf(id);
        StoredState memory before = present(id);
        uint256 had = usdc.balanceOf(borrower);
        uint256 hadEther = weth.balanceOf(borrower);
        uint256 paid = close(id);

        assertEq(paid, debt > reserve ? debt - reserve : 0, "the reserve pays first");
        assertEq(usdc.balanceOf(borrower) + debt, had + reserve, "what the reserve had left comes back");
        assertEq(weth.balanceOf(borrower), hadEther + MIN_COLLATERAL);
        StoredState memory state = vault.stored(id);
        assertEq(state.claimLoan, debt + before.undrawn, "debt and undrawn are the holder's");
        assertEq(state.principal + state.undrawn + state.reserve + state.collateral, 0);
        assertEq(state.flags, FLAG_CLOSED);
        assertStatus(id, Status.CLOSED);
        assertSolvent();
    }

    function test_closing_tells_each_payment_and_what_was_returned() public {
        uint256 id = openDrawn(20_000e6);
        depositReserve(id, 5000e6);
        vm.expectEmit(address(vault));
        emit EventsLib.Repaid(id, borrower, Source.RESERVE, 0, 5000e6);
        vm.expectEmit(address(vault));
        emit EventsLib.Repaid(id, borrower, Source.CASH, 0, 15_000e6);
        vm.expectEmit(address(vault));
        emit EventsLib.Closed(id, borrower, LIMIT - 20_000e6, MIN_COLLATERAL, 0);
        close(id);
    }

    function test_an_unused_line_closes_at_once() public {
        uint256 id = openLine();
        assertEq(close(id), 0);
        assertEq(claimLoan(id), LIMIT);
    }

    function test_closing_a_terminated_line_keeps_that_it_was_terminated() public {
        uint256 id = openDrawn(10_000e6);
        pass(WINDOW);
        vault.terminate(id);
        close(id);
        assertEq(vault.stored(id).flags, FLAG_TERMINATED | FLAG_CLOSED);
    }

    function test_collateral_and_reserve_go_where_the_borrower_says() public {
        uint256 id = openLine();
        depositReserve(id, 7e6);
        uint256 had = weth.balanceOf(stranger);
        vm.prank(borrower);
        vault.close(id, stranger);
        assertEq(weth.balanceOf(stranger), had + MIN_COLLATERAL);
    }

    function test_only_the_borrower_closes() public {
        uint256 id = openLine();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, stranger));
        vm.prank(stranger);
        vault.close(id, stranger);
    }

    function test_closing_to_nobody_is_refused() public {
        uint256 id = openLine();
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vm.prank(borrower);
        vault.close(id, address(0));
    }

    /// Pitfall 3: a closed line is closed for every action but the claim.
    function test_after_closing_only_the_claim_is_left() public {
        uint256 id = openLine();
        close(id);
        bytes memory closed = abi.encodeWithSelector(ErrorsLib.LineClosed.selector, id);
        vm.startPrank(borrower);
        vm.expectRevert(closed);
        vault.deposit(id, 1);
        vm.expectRevert(closed);
        vault.withdraw(id, 1, borrower);
        vm.expectRevert(closed);
        vault.depositReserve(id, 1);
        vm.expectRevert(closed);
        vault.withdrawReserve(id, 1, borrower);
        vm.expectRevert(closed);
        vault.draw(id, 1, borrower);
        vm.expectRevert(closed);
        vault.repay(id, 1);
        vm.expectRevert(closed);
        vault.repayFromReserve(id, repaymentOf(1, 1, 0));
        vm.expectRevert(closed);
        vault.repayInKind(id, repaymentOf(1, 1, 0));
        vm.expectRevert(closed);
        vault.close(id, borrower);
        vm.expectRevert(closed);
        vault.terminate(id);
        vm.expectRevert(closed);
        vault.liquidate(id, 1, 0, borrower);
        vm.stopPrank();
        assertEq(claimLoan(id), LIMIT);
    }

    /// The note goes with the last claim: also when there is none left at closing.
    function test_closing_a_line_with_nothing_to_claim_burns_its_note() public {
        uint256 id = openDrawn(20_000e6);
        skip(WINDOW);
        vault.terminate(id);
        repay(id, type(uint96).max);
        claimLoan(id);
        close(id);
        vm.expectRevert();
        nft.ownerOf(id);
    }

    /// Time passes over a closed line without effect.
    function test_a_closed_line_owes_nothing_for_ever() public {
        uint256 id = openDrawn(20_000e6);
        close(id);
        skip(1000 days);
        assertEq(debtOf(id), 0);
        assertEq(dueOf(id), 0);
        assertStatus(id, Status.CLOSED);
    }
}
