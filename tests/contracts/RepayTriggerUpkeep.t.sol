// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {From, Kind, Mandate} from "contracts/interfaces/IRepayTrigger.sol";
import {FIRING_GAS} from "contracts/libraries/ConstantsLib.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {HostileFeed} from "./support/HostileFeeds.sol";
import {TriggerFixture} from "./support/TriggerFixture.sol";

contract RepayTriggerUpkeepTest is TriggerFixture {
    Mandate internal due;
    Mandate internal level;

    function setUp() public override {
        super.setUp();
        due = registered(Kind.DUE, From.RESERVE);
        level = registered(Kind.LEVEL, From.RESERVE);
    }

    function perform(Mandate[] memory batch) internal {
        vm.prank(keeper);
        trigger.performUpkeep(abi.encode(batch));
    }

    function check(Mandate[] memory batch) internal returns (bool needed, Mandate[] memory wanted) {
        bytes memory performData;
        (needed, performData) = trigger.checkUpkeep(abi.encode(batch));
        wanted = abi.decode(performData, (Mandate[]));
    }

    // ---------------------------------------------------------------- checkUpkeep

    function test_check_names_those_that_would_fire_and_changes_nothing() public {
        (bool needed, Mandate[] memory wanted) = check(batchOf(due, level));
        assertFalse(needed);
        assertEq(wanted.length, 0);
        pass(PERIOD);
        bytes32 before = vault.stateHash(id);
        (needed, wanted) = check(batchOf(level, due));
        assertTrue(needed);
        assertEq(wanted.length, 1);
        assertEq(trigger.hashMandate(wanted[0]), trigger.hashMandate(due));
        assertEq(vault.stateHash(id), before);
        assertEq(stateOf(due).fires, 0);
        perform(wanted);
        assertEq(stateOf(due).fires, 1);
    }

    /// Each is judged as if it were the only one: the batch itself sorts out what is left.
    function test_check_judges_each_on_its_own() public {
        pass(PERIOD);
        setPrice(1400e8);
        (, Mandate[] memory wanted) = check(batchOf(due, level));
        assertEq(wanted.length, 2);
    }

    function test_only_the_trigger_probes() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotSelf.selector, stranger));
        vm.prank(stranger);
        trigger.probe(due);
    }

    // ---------------------------------------------------------------- performUpkeep

    function test_a_batch_pays_the_keeper_that_sent_it() public {
        pass(PERIOD);
        setPrice(1400e8);
        uint256 fee = dueOf(id) / 100 + 10e6;
        perform(batchOf(due, level));
        assertEq(stateOf(due).fires, 1);
        assertEq(stateOf(level).fires, 1);
        assertEq(usdc.balanceOf(keeper), fee);
        assertSolvent();
    }

    /// A failed item stores nothing and holds nobody up.
    /// @custom:rule failed-item-stores-nothing
    function test_one_that_fails_holds_nobody_up() public {
        pass(PERIOD);
        bytes32 levelHash = trigger.hashMandate(level);
        vm.expectEmit(address(trigger));
        emit EventsLib.FiringFailed(levelHash, id, abi.encodeWithSelector(ErrorsLib.NotTriggered.selector, levelHash));
        perform(batchOf(level, due));
        assertEq(stateOf(level).fires, 0);
        assertEq(stateOf(due).fires, 1);
    }

    function test_a_batch_in_which_none_fires_is_refused() public {
        vm.expectRevert(ErrorsLib.NoneFired.selector);
        perform(batchOf(due, level));
        vm.expectRevert(ErrorsLib.NoneFired.selector);
        perform(new Mandate[](0));
    }

    /// Pitfall 17: data that was made up fires nothing.
    function test_made_up_mandates_fire_nothing() public {
        pass(PERIOD);
        Mandate memory forged = due;
        forged.capPerPeriod = type(uint96).max;
        vm.expectRevert(ErrorsLib.NoneFired.selector);
        perform(batchOf(forged, forged));
    }

    function test_the_same_mandate_twice_in_a_batch_fires_once() public {
        pass(PERIOD);
        perform(batchOf(due, due));
        assertEq(stateOf(due).fires, 1);
    }

    /// @custom:rule only-the-trigger-fires-for-others
    function test_only_the_trigger_fires_for_others() public {
        pass(PERIOD);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotSelf.selector, stranger));
        vm.prank(stranger);
        trigger.fireFor(due, stranger);
    }

    // ---------------------------------------------------------------- the form of a batch

    /// Pitfall 17: what is no batch is refused whole, before anything is read out of it.
    function test_data_that_is_no_batch_is_refused() public {
        pass(PERIOD);
        bytes memory batch = abi.encode(batchOf(due, level));
        bytes[6] memory malformed = [
            new bytes(0),
            new bytes(63),
            bytes.concat(batch, bytes1(0)),
            bytes.concat(bytes32(uint256(64)), bytes32(uint256(0))),
            bytes.concat(bytes32(uint256(32)), bytes32(uint256(1))),
            abi.encodePacked(uint256(32), uint256(3), new bytes(2 * 14 * 32))
        ];
        for (uint256 i = 0; i < malformed.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadBatch.selector, malformed[i].length));
            trigger.performUpkeep(malformed[i]);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadBatch.selector, malformed[i].length));
            trigger.checkUpkeep(malformed[i]);
        }
    }

    function test_a_length_that_overflows_is_refused() public {
        vm.expectRevert();
        trigger.performUpkeep(abi.encodePacked(uint256(32), type(uint256).max));
    }

    /// An item whose words are no mandate fails alone.
    function test_an_item_that_is_no_mandate_holds_nobody_up() public {
        pass(PERIOD);
        bytes memory batch = abi.encode(batchOf(due, level));
        // The kind of the second item: 9 is none.
        batch[64 + 14 * 32 + 63] = bytes1(uint8(9));
        vm.prank(keeper);
        trigger.performUpkeep(batch);
        assertEq(stateOf(due).fires, 1);
        (bool needed,) = trigger.checkUpkeep(batch);
        assertFalse(needed);
    }

    function testFuzz_the_hash_of_an_item_that_fails_is_the_mandates(uint96 cap, uint16 fee, uint256 nonce) public {
        pass(PERIOD);
        Mandate memory unknown = due;
        (unknown.capPerPeriod, unknown.feeBps, unknown.nonce) = (cap, fee, nonce);
        vm.assume(trigger.hashMandate(unknown) != trigger.hashMandate(due));
        vm.expectEmit(address(trigger));
        emit EventsLib.FiringFailed(
            trigger.hashMandate(unknown), id, refused(ErrorsLib.MandateUnknown.selector, unknown)
        );
        perform(batchOf(unknown, due));
    }

    // ---------------------------------------------------------------- hostile feeds

    function hostileLevel(HostileFeed.Mode mode) internal returns (Mandate memory mandate) {
        HostileFeed hostile = new HostileFeed();
        mandate = mandateOf(Kind.LEVEL, From.RESERVE);
        (mandate.feed, mandate.nonce) = (address(hostile), 55);
        register(mandate);
        hostile.set(mode);
    }

    function assertContained(HostileFeed.Mode mode) internal {
        Mandate memory mandate = hostileLevel(mode);
        pass(PERIOD);
        uint256 gasBefore = gasleft();
        perform(batchOf(mandate, due));
        assertLt(gasBefore - gasleft(), FIRING_GAS);
        assertEq(stateOf(mandate).fires, 0);
        assertEq(stateOf(due).fires, 1);
    }

    function test_a_feed_that_reverts_with_megabytes_holds_nobody_up() public {
        assertContained(HostileFeed.Mode.REVERTS_WITH_MEGABYTES);
    }

    function test_a_feed_that_burns_its_gas_holds_nobody_up() public {
        assertContained(HostileFeed.Mode.BURNS_GAS);
    }

    function test_a_feed_that_returns_megabytes_holds_nobody_up() public {
        assertContained(HostileFeed.Mode.RETURNS_MEGABYTES);
    }

    /// Whatever a firing fails with, 256 bytes of it are kept.
    /// @custom:rule batch-keeps-bounded-reasons
    function test_a_reason_of_megabytes_is_cut_off() public {
        pass(PERIOD);
        vm.mockCallRevert(address(vault), abi.encodePacked(vault.repayInKind.selector), new bytes(20_000));
        Mandate memory ltv = mandateOf(Kind.LTV, From.COLLATERAL);
        register(ltv);
        setPrice(560e8);
        vm.recordLogs();
        perform(batchOf(due, ltv));
        bytes memory reason = abi.decode(recordedLog(EventsLib.FiringFailed.selector), (bytes));
        assertEq(reason.length, 256);
        assertEq(stateOf(due).fires, 1);
    }

    // ---------------------------------------------------------------- gas

    /// A keeper can't make a firing fail by starving it: with too little gas the batch does not go on.
    /// @custom:rule batch-is-not-starved
    function test_with_too_little_gas_a_batch_refuses_to_go_on() public {
        pass(PERIOD);
        setPrice(1400e8);
        bytes memory performData = abi.encode(batchOf(due, level));
        bool refused;
        bool done;
        for (uint256 gasLimit = 200_000; gasLimit < 2_000_000; gasLimit += 50_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(keeper);
            try trigger.performUpkeep{gas: gasLimit}(performData) {
                done = true;
                assertEq(stateOf(due).fires + stateOf(level).fires, 2, "all or nothing, never by lack of gas");
            } catch (bytes memory reason) {
                refused = refused || bytes4(reason) == ErrorsLib.TooLittleGas.selector;
            }
            vm.revertToState(snapshot);
        }
        assertTrue(refused && done);
    }

    /// One firing, the 64th part that a call keeps back, and 50,000 for the batch itself.
    function test_a_batch_says_how_much_gas_it_needs() public {
        vm.prank(keeper);
        try trigger.performUpkeep{gas: 300_000}(abi.encode(batchOf(due, level))) {
            assertTrue(false, "it went on");
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), ErrorsLib.TooLittleGas.selector);
            (, uint256 needed) = abi.decode(this.withoutSelector(reason), (uint256, uint256));
            assertEq(needed, FIRING_GAS * 64 / 63 + 50_000);
        }
    }

    function withoutSelector(bytes calldata reason) external pure returns (bytes calldata) {
        return reason[4:];
    }
}
