// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Test} from "forge-std/Test.sol";

import {Observation} from "contracts/interfaces/IAttestedFeed.sol";
import {FeedConfig, IOracleAdapter, OracleConfig} from "contracts/interfaces/IOracleAdapter.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";
import {LocalToken} from "contracts/local/LocalToken.sol";
import {AttestedFeed} from "contracts/oracle/AttestedFeed.sol";
import {OracleAdapter} from "contracts/oracle/OracleAdapter.sol";

/// @notice A feed of euros in dollars: three of five reporters make a round.
contract AttestedFeedTest is Test {
    uint256 internal constant START = 1_700_000_000;
    uint256 internal constant QUORUM = 3;
    uint256 internal constant MAX_AGE = 10 minutes;
    int192 internal constant MIN_ANSWER = 0.5e8;
    int192 internal constant MAX_ANSWER = 2e8;

    /// @dev In the order of their addresses.
    uint256[] internal keys;
    address[] internal people;
    AttestedFeed internal feed;

    function setUp() public {
        vm.warp(START);
        for (uint256 key = 1; key <= 5; ++key) {
            insert(key);
        }
        feed = deploy(people, QUORUM);
    }

    // ---------------------------------------------------------------- setting up

    function insert(uint256 key) internal {
        keys.push(key);
        people.push(vm.addr(key));
        for (uint256 i = keys.length - 1; i > 0 && people[i - 1] > people[i]; --i) {
            (keys[i - 1], keys[i]) = (keys[i], keys[i - 1]);
            (people[i - 1], people[i]) = (people[i], people[i - 1]);
        }
    }

    function deploy(address[] memory reporters, uint256 quorum) internal returns (AttestedFeed) {
        return new AttestedFeed("EUR / USD", 8, reporters, quorum, MAX_AGE, MIN_ANSWER, MAX_ANSWER);
    }

    function signedBy(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function observed(uint256 key, uint80 round, int256 answer, uint256 at) internal view returns (Observation memory) {
        bytes32 digest = feed.observationDigest(round, answer, uint40(at));
        return Observation(answer, uint40(at), signedBy(key, digest));
    }

    /// @dev Observations for `round` by the first reporters, in their order, all made now.
    function observations(uint80 round, int256[3] memory answers) internal view returns (Observation[] memory made) {
        made = new Observation[](3);
        for (uint256 i = 0; i < 3; ++i) {
            made[i] = observed(keys[i], round, answers[i], vm.getBlockTimestamp());
        }
    }

    function honest() internal view returns (Observation[] memory) {
        return observations(1, [int256(1.08e8), 1.09e8, 1.1e8]);
    }

    function refuse(Observation[] memory made, bytes memory reason) internal {
        vm.expectRevert(reason);
        feed.submit(made);
    }

    /// @dev What was signed for something else is, here, a signature of nobody known: of whom, the digest tells.
    function refuseFirstAsForged(Observation[] memory made, uint80 round) internal {
        bytes32 digest = feed.observationDigest(round, made[0].answer, made[0].observedAt);
        address nobody = ECDSA.recover(digest, made[0].signature);
        refuse(made, abi.encodeWithSelector(ErrorsLib.NotAReporter.selector, nobody));
    }

    function noSuchRound(uint80 round) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ErrorsLib.NoSuchRound.selector, round);
    }

    // ---------------------------------------------------------------- what a round is

    function test_a_round_is_the_median_and_is_as_old_as_its_oldest_observation() public {
        Observation[] memory made = new Observation[](3);
        made[0] = observed(keys[0], 1, 1.1e8, vm.getBlockTimestamp() - 30);
        made[1] = observed(keys[2], 1, 1.08e8, vm.getBlockTimestamp() - 90);
        made[2] = observed(keys[4], 1, 1.09e8, vm.getBlockTimestamp());
        assertEq(feed.submit(made), 1);
        (uint80 round, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) = feed.latestRoundData();
        assertEq(round, 1);
        assertEq(answer, 1.09e8);
        assertEq(startedAt, START - 90);
        assertEq(updatedAt, START - 90);
        assertEq(answeredIn, 1);
    }

    function test_a_round_is_announced_as_chainlinks_are() public {
        vm.expectEmit(address(feed));
        emit EventsLib.AnswerUpdated(1.09e8, 1, START);
        feed.submit(honest());
        assertEq(EventsLib.AnswerUpdated.selector, 0x0559884fd3a460db3073b7fc896cc77986f16e378210ded43186175bf646fc5f);
    }

    function test_anyone_may_carry_the_observations() public {
        Observation[] memory made = honest();
        vm.prank(makeAddr("a stranger"));
        feed.submit(made);
        assertEq(feed.latestRound(), 1);
    }

    function test_rounds_count_up_and_old_ones_can_be_read() public {
        feed.submit(honest());
        skip(1 hours);
        assertEq(feed.submit(observations(2, [int256(1.2e8), 1.2e8, 1.2e8])), 2);
        (, int256 first,, uint256 firstAt,) = feed.getRoundData(1);
        (uint80 latest, int256 second,, uint256 secondAt,) = feed.latestRoundData();
        assertEq(latest, 2);
        assertEq(first, 1.09e8);
        assertEq(firstAt, START);
        assertEq(second, 1.2e8);
        assertEq(secondAt, START + 1 hours);
    }

    function test_before_the_first_round_there_is_none() public {
        assertEq(feed.latestRound(), 0);
        vm.expectRevert(noSuchRound(0));
        feed.latestRoundData();
        vm.expectRevert(noSuchRound(0));
        feed.getRoundData(0);
    }

    function test_a_round_that_was_not_written_cannot_be_read() public {
        feed.submit(honest());
        vm.expectRevert(noSuchRound(2));
        feed.getRoundData(2);
    }

    function test_one_reporter_of_one_is_a_feed_of_its_own_word() public {
        address[] memory one = new address[](1);
        one[0] = people[0];
        feed = deploy(one, 1);
        Observation[] memory made = new Observation[](1);
        made[0] = observed(keys[0], 1, 1e8, START);
        feed.submit(made);
        (, int256 answer,,,) = feed.latestRoundData();
        assertEq(answer, 1e8);
    }

    /// Up to (k−1)/2 liars cannot move the median out of the range of what the honest said, wherever they stand.
    function testFuzz_the_median_stays_within_what_the_honest_said(
        int256[9] memory said,
        uint256 quorumSeed,
        uint256 liars
    ) public {
        uint256 quorum = 1 + 2 * bound(quorumSeed, 0, 4);
        for (uint256 key = 6; key <= 9; ++key) {
            insert(key);
        }
        feed = deploy(people, quorum);
        uint256 left = (quorum - 1) / 2;
        (int256 low, int256 high) = (type(int256).max, type(int256).min);
        Observation[] memory made = new Observation[](quorum);
        for (uint256 i = 0; i < quorum; ++i) {
            bool lies = left > 0 && (liars >> i) & 1 == 1;
            // The honest see about the same; a liar says whatever is plausible.
            int256 answer =
                bound(said[i], lies ? int256(MIN_ANSWER) : int256(1e8), lies ? int256(MAX_ANSWER) : int256(1.1e8));
            if (lies) {
                --left;
            } else {
                low = answer < low ? answer : low;
                high = answer > high ? answer : high;
            }
            made[i] = observed(keys[i], 1, answer, START);
        }
        feed.submit(made);
        (, int256 median,,,) = feed.latestRoundData();
        assertGe(median, low);
        assertLe(median, high);
    }

    /// The middle one, counted by hand: as many are at most as large as are at least as large.
    function testFuzz_the_median_is_the_middle_one(int256[3] memory said) public {
        for (uint256 i = 0; i < 3; ++i) {
            said[i] = bound(said[i], MIN_ANSWER, MAX_ANSWER);
        }
        feed.submit(observations(1, said));
        (, int256 median,,,) = feed.latestRoundData();
        uint256 below;
        uint256 above;
        for (uint256 i = 0; i < 3; ++i) {
            if (said[i] <= median) ++below;
            if (said[i] >= median) ++above;
        }
        assertGe(below, 2);
        assertGe(above, 2);
    }

    // ---------------------------------------------------------------- who counts

    function test_fewer_or_more_than_the_quorum_are_refused() public {
        Observation[] memory made = new Observation[](2);
        refuse(made, abi.encodeWithSelector(ErrorsLib.NotTheQuorum.selector, 2, 3));
        made = new Observation[](5);
        for (uint256 i = 0; i < 5; ++i) {
            made[i] = observed(keys[i], 1, 1e8, START);
        }
        refuse(made, abi.encodeWithSelector(ErrorsLib.NotTheQuorum.selector, 5, 3));
        refuse(new Observation[](0), abi.encodeWithSelector(ErrorsLib.NotTheQuorum.selector, 0, 3));
    }

    function test_a_reporter_counts_once() public {
        Observation[] memory made = honest();
        made[1] = observed(keys[0], 1, 1.2e8, START);
        refuse(made, abi.encodeWithSelector(ErrorsLib.SignersUnordered.selector, people[0], people[0]));
    }

    function test_signers_out_of_order_are_refused() public {
        Observation[] memory made = honest();
        (made[1], made[2]) = (made[2], made[1]);
        refuse(made, abi.encodeWithSelector(ErrorsLib.SignersUnordered.selector, people[2], people[1]));
    }

    function test_a_signature_of_somebody_else_is_refused() public {
        uint256 key = 6;
        while (vm.addr(key) < people[1]) {
            ++key;
        }
        Observation[] memory made = honest();
        made[2] = observed(key, 1, 1.1e8, START);
        refuse(made, abi.encodeWithSelector(ErrorsLib.NotAReporter.selector, vm.addr(key)));
    }

    /// Every signed field: changed by a digit, the signature is somebody else's.
    function test_an_observation_that_was_changed_is_refused() public {
        Observation[] memory made = honest();
        made[0].answer += 1;
        refuseFirstAsForged(made, 1);
        made = honest();
        made[0].observedAt -= 1;
        refuseFirstAsForged(made, 1);
    }

    // ---------------------------------------------------------------- a signature counts once

    /// Pitfall 5
    function test_a_round_is_not_submitted_twice() public {
        Observation[] memory made = honest();
        feed.submit(made);
        skip(1);
        refuseFirstAsForged(made, 2);
        assertEq(feed.latestRound(), 1);
    }

    /// Pitfall 5: an observation that is newer than the round's oldest could pass for the next round's, but for what was signed.
    function test_an_observation_is_not_replayed_in_the_next_round() public {
        Observation[] memory made = honest();
        made[2] = observed(keys[2], 1, 1.1e8, START - 60);
        feed.submit(made);
        Observation[] memory next = observations(2, [int256(1.2e8), 1.2e8, 1.2e8]);
        next[0] = made[0];
        refuseFirstAsForged(next, 2);
    }

    /// Pitfall 5
    function test_observations_of_another_feed_are_refused() public {
        Observation[] memory made = honest();
        feed = deploy(people, QUORUM);
        refuseFirstAsForged(made, 1);
    }

    /// Pitfall 5
    function test_observations_of_another_chain_are_refused() public {
        Observation[] memory made = honest();
        vm.chainId(block.chainid + 1);
        refuseFirstAsForged(made, 1);
    }

    function test_a_malleable_signature_is_refused() public {
        Observation[] memory made = honest();
        bytes32 digest = feed.observationDigest(1, 1.08e8, uint40(START));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[0], digest);
        bytes32 other = bytes32(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141 - uint256(s));
        made[0].signature = abi.encodePacked(r, other, v == 27 ? uint8(28) : uint8(27));
        refuse(made, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, other));
    }

    function test_a_signature_of_another_form_is_refused() public {
        Observation[] memory made = honest();
        made[0].signature = "";
        refuse(made, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, 0));
        made[0].signature = new bytes(65);
        refuse(made, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector));
    }

    function test_the_digest_is_that_of_eip712() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Covenant Attested Feed"),
                keccak256("1"),
                block.chainid,
                address(feed)
            )
        );
        bytes32 typehash = keccak256("Observation(uint80 roundId,int256 answer,uint40 observedAt)");
        bytes32 struct_ = keccak256(abi.encode(typehash, 7, int256(-3), START));
        assertEq(feed.observationDigest(7, -3, uint40(START)), keccak256(abi.encodePacked(hex"1901", domain, struct_)));
    }

    // ---------------------------------------------------------------- when

    function madeAt(uint256 time) internal view returns (Observation[] memory made) {
        uint80 round = feed.latestRound() + 1;
        made = observations(round, [int256(1e8), 1e8, 1e8]);
        made[1] = observed(keys[1], round, 1e8, time);
    }

    function test_an_observation_from_the_future_is_refused() public {
        refuse(madeAt(START + 1), abi.encodeWithSelector(ErrorsLib.ObservedInFuture.selector, START + 1, START));
        feed.submit(madeAt(START));
    }

    function test_an_observation_counts_for_max_age_and_not_a_second_longer() public {
        refuse(
            madeAt(START - MAX_AGE - 1),
            abi.encodeWithSelector(ErrorsLib.ObservedTooEarly.selector, START - MAX_AGE - 1, START - MAX_AGE)
        );
        feed.submit(madeAt(START - MAX_AGE));
    }

    function test_each_round_is_later_than_the_one_before() public {
        feed.submit(madeAt(START - 60));
        refuse(madeAt(START - 60), abi.encodeWithSelector(ErrorsLib.ObservedTooEarly.selector, START - 60, START - 59));
        feed.submit(madeAt(START - 59));
        (,,, uint256 updatedAt,) = feed.latestRoundData();
        assertEq(updatedAt, START - 59);
    }

    function test_on_a_young_chain_no_age_is_too_great() public {
        vm.warp(MAX_AGE - 1);
        refuse(madeAt(0), abi.encodeWithSelector(ErrorsLib.ObservedTooEarly.selector, 0, 1));
        feed.submit(madeAt(1));
    }

    // ---------------------------------------------------------------- what is plausible

    function saying(int256 answer) internal view returns (Observation[] memory made) {
        made = observations(feed.latestRound() + 1, [int256(1e8), answer, 1e8]);
    }

    function test_bounds_are_included_and_an_answer_beyond_them_is_refused_not_clamped() public {
        feed.submit(saying(MIN_ANSWER));
        skip(1);
        feed.submit(saying(MAX_ANSWER));
        skip(1);
        refuse(saying(MIN_ANSWER - 1), outOfRange(MIN_ANSWER - 1));
        refuse(saying(MAX_ANSWER + 1), outOfRange(MAX_ANSWER + 1));
        refuse(saying(type(int256).max), outOfRange(type(int256).max));
        refuse(saying(type(int256).min), outOfRange(type(int256).min));
    }

    function outOfRange(int256 answer) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ErrorsLib.AnswerOutOfRange.selector, answer, MIN_ANSWER, MAX_ANSWER);
    }

    function test_the_widest_bounds_and_answers_below_zero_are_stored_whole() public {
        (int192 least, int192 most) = (type(int192).min, type(int192).max);
        feed = new AttestedFeed("anything", 0, people, QUORUM, MAX_AGE, least, most);
        feed.submit(observations(1, [int256(least), least, 0]));
        (, int256 answer,,,) = feed.latestRoundData();
        assertEq(answer, least);
        skip(1);
        feed.submit(observations(2, [int256(most), most, 0]));
        (, answer,,,) = feed.latestRoundData();
        assertEq(answer, most);
    }

    // ---------------------------------------------------------------- as a feed

    function test_an_oracle_reads_it_as_any_feed() public {
        address usd = address(new LocalToken("US Dollar", "USD", 6));
        address eur = address(new LocalToken("Euro", "EUR", 18));
        OracleConfig memory config;
        (config.loanToken, config.collateralToken) = (usd, eur);
        config.base = FeedConfig(address(feed), 1 hours, 5 minutes);
        (config.minPriceE36, config.maxPriceE36) = (1e23, 1e25);
        OracleAdapter oracle = OracleAdapter(deployCode("OracleAdapter.sol", abi.encode(config)));

        (IOracleAdapter.Reason reason, address whose) = oracle.assess();
        assertEq(uint256(reason), uint256(IOracleAdapter.Reason.UNREADABLE), "before the first round");
        assertEq(whose, address(feed));
        feed.submit(honest());
        assertEq(oracle.measuringPrice(), 1.09e24);
        (uint256 risk,) = oracle.riskPrice();
        assertEq(risk, 1.09e24);
        skip(1 hours + 5 minutes + 1);
        (reason,) = oracle.assess();
        assertEq(uint256(reason), uint256(IOracleAdapter.Reason.STALE));
    }

    // ---------------------------------------------------------------- deployment

    function test_what_it_is_made_of_can_be_read_back() public view {
        assertEq(feed.description(), "EUR / USD");
        assertEq(feed.decimals(), 8);
        assertEq(feed.quorum(), QUORUM);
        assertEq(feed.maxAge(), MAX_AGE);
        assertEq(feed.minAnswer(), MIN_ANSWER);
        assertEq(feed.maxAnswer(), MAX_ANSWER);
        assertEq(feed.version(), 1);
        assertEq(feed.reporters(), people);
        for (uint256 i = 0; i < 5; ++i) {
            assertTrue(feed.isReporter(people[i]));
        }
        assertFalse(feed.isReporter(address(0)));
    }

    function badOracle(bytes32 field, uint256 value) internal {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadOracle.selector, field, value));
    }

    function test_a_quorum_that_is_even_none_or_more_than_all_is_refused() public {
        badOracle("quorum", 2);
        deploy(people, 2);
        badOracle("quorum", 0);
        deploy(people, 0);
        badOracle("quorum", 7);
        deploy(people, 7);
        deploy(people, 5);
    }

    function test_a_reporter_named_twice_or_out_of_order_is_refused() public {
        address[] memory twice = new address[](2);
        (twice[0], twice[1]) = (people[1], people[1]);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SignersUnordered.selector, people[1], people[1]));
        deploy(twice, 1);
        twice[1] = people[0];
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SignersUnordered.selector, people[1], people[0]));
        deploy(twice, 1);
    }

    function test_nobody_is_no_reporter() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SignersUnordered.selector, address(0), address(0)));
        deploy(new address[](1), 1);
    }

    function crowd(uint160 size) internal pure returns (address[] memory many) {
        many = new address[](size);
        for (uint160 i = 0; i < size; ++i) {
            many[i] = address(i + 1);
        }
    }

    function test_more_reporters_than_the_gas_of_a_round_allows_are_refused() public {
        badOracle("reporters", 32);
        deploy(crowd(32), 3);
        assertEq(deploy(crowd(31), 31).reporters().length, 31);
    }

    function test_other_terms_that_make_no_sense_are_refused() public {
        badOracle("decimals", 19);
        new AttestedFeed("", 19, people, QUORUM, MAX_AGE, 0, 1);
        badOracle("maxAge", 0);
        new AttestedFeed("", 18, people, QUORUM, 0, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.EmptyRange.selector, 1, 1));
        new AttestedFeed("", 18, people, QUORUM, MAX_AGE, 1, 1);
    }
}
