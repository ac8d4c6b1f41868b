// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {IAttestedFeed, Observation} from "../interfaces/IAttestedFeed.sol";
import {MAX_FEED_DECIMALS, MAX_REPORTERS} from "../libraries/ConstantsLib.sol";
import {ErrorsLib} from "../libraries/ErrorsLib.sol";
import {EventsLib} from "../libraries/EventsLib.sol";
import {MathLib} from "../libraries/MathLib.sol";

/// @title AttestedFeed
/// @notice A Chainlink-shaped feed whose rounds are medians of what a fixed set of reporters signed.
///
/// - A signature counts once: for one round, of one feed, on one chain. The round is signed, not only the time: else what was newer
///   than a round's oldest observation could be used again in the next.
/// - A round takes exactly `quorum` signers, strictly ascending, so none counts twice.
/// - Time moves forward: `updatedAt`, the oldest observation's time, is later in each round than in the one before.
/// - Nobody owns it. With fewer honest reporters than the quorum it falls silent, and what reads it finds it stale.
contract AttestedFeed is IAttestedFeed, EIP712 {
    using MathLib for uint256;

    bytes32 internal constant OBSERVATION_TYPEHASH =
        keccak256("Observation(uint80 roundId,int256 answer,uint40 observedAt)");

    /// @dev One slot. Answers are bounded by `minAnswer` and `maxAnswer`, which fit.
    struct StoredRound {
        int192 answer;
        uint40 updatedAt;
    }

    // ---------------------------------------------------------------- storage

    /// @inheritdoc IAggregatorV3
    uint8 public immutable decimals;

    /// @inheritdoc IAttestedFeed
    uint256 public immutable quorum;

    /// @inheritdoc IAttestedFeed
    uint256 public immutable maxAge;

    /// @inheritdoc IAttestedFeed
    int256 public immutable minAnswer;

    /// @inheritdoc IAttestedFeed
    int256 public immutable maxAnswer;

    /// @inheritdoc IAggregatorV3
    string public description;

    /// @inheritdoc IAttestedFeed
    uint80 public latestRound;

    address[] private _reporters;

    /// @inheritdoc IAttestedFeed
    mapping(address account => bool reports) public isReporter;

    mapping(uint80 roundId => StoredRound) private _rounds;

    /// @param reporters_ strictly ascending, so that nobody is counted twice.
    constructor(
        string memory description_,
        uint8 decimals_,
        address[] memory reporters_,
        uint256 quorum_,
        uint256 maxAge_,
        int192 minAnswer_,
        int192 maxAnswer_
    ) EIP712("Covenant Attested Feed", "1") {
        require(decimals_ <= MAX_FEED_DECIMALS, ErrorsLib.BadOracle("decimals", decimals_));
        require(reporters_.length <= MAX_REPORTERS, ErrorsLib.BadOracle("reporters", reporters_.length));
        require(quorum_ % 2 == 1 && quorum_ <= reporters_.length, ErrorsLib.BadOracle("quorum", quorum_));
        require(maxAge_ > 0, ErrorsLib.BadOracle("maxAge", maxAge_));
        require(minAnswer_ < maxAnswer_, ErrorsLib.EmptyRange(minAnswer_, maxAnswer_));
        address previous = address(0);
        for (uint256 i = 0; i < reporters_.length; ++i) {
            require(reporters_[i] > previous, ErrorsLib.SignersUnordered(previous, reporters_[i]));
            previous = reporters_[i];
            isReporter[previous] = true;
        }
        _reporters = reporters_;
        description = description_;
        decimals = decimals_;
        quorum = quorum_;
        maxAge = maxAge_;
        minAnswer = minAnswer_;
        maxAnswer = maxAnswer_;
    }

    // ---------------------------------------------------------------- writing

    /// @inheritdoc IAttestedFeed
    function submit(Observation[] calldata observations) external returns (uint80 roundId) {
        require(observations.length == quorum, ErrorsLib.NotTheQuorum(observations.length, quorum));
        roundId = latestRound + 1;
        uint256 earliest = _earliest();
        uint256 oldest = block.timestamp;
        address previous = address(0);
        int256[] memory answers = new int256[](observations.length);
        for (uint256 i = 0; i < observations.length; ++i) {
            Observation calldata observation = observations[i];
            address signer = _signerOf(roundId, observation);
            require(signer > previous, ErrorsLib.SignersUnordered(previous, signer));
            require(isReporter[signer], ErrorsLib.NotAReporter(signer));
            _requireAcceptable(observation, earliest);
            previous = signer;
            oldest = oldest.min(observation.observedAt);
            _insert(answers, i, observation.answer);
        }
        int256 median = answers[answers.length / 2];
        // Both fit: the median is within bounds of 192 bits, and the time was signed in 40.
        // forge-lint: disable-next-line(unsafe-typecast)
        _rounds[roundId] = StoredRound(int192(median), uint40(oldest));
        latestRound = roundId;
        emit EventsLib.AnswerUpdated(median, roundId, oldest);
    }

    /// @dev The first second at which an observation counts now.
    function _earliest() private view returns (uint256) {
        uint256 afterLast = uint256(_rounds[latestRound].updatedAt) + 1;
        return afterLast.max(block.timestamp.zeroFloorSub(maxAge));
    }

    function _requireAcceptable(Observation calldata observation, uint256 earliest) private view {
        (int256 answer, uint256 observedAt) = (observation.answer, observation.observedAt);
        require(answer >= minAnswer && answer <= maxAnswer, ErrorsLib.AnswerOutOfRange(answer, minAnswer, maxAnswer));
        require(observedAt <= block.timestamp, ErrorsLib.ObservedInFuture(observedAt, block.timestamp));
        require(observedAt >= earliest, ErrorsLib.ObservedTooEarly(observedAt, earliest));
    }

    /// @dev Puts `answer` in its place among the `count` answers that stand in ascending order already.
    function _insert(int256[] memory answers, uint256 count, int256 answer) private pure {
        uint256 place = count;
        for (; place > 0 && answers[place - 1] > answer; --place) {
            answers[place] = answers[place - 1];
        }
        answers[place] = answer;
    }

    function _signerOf(uint80 roundId, Observation calldata observation) private view returns (address) {
        bytes32 digest = observationDigest(roundId, observation.answer, observation.observedAt);
        return ECDSA.recoverCalldata(digest, observation.signature);
    }

    // ---------------------------------------------------------------- reading

    /// @inheritdoc IAttestedFeed
    function observationDigest(uint80 roundId, int256 answer, uint40 observedAt) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(OBSERVATION_TYPEHASH, roundId, answer, observedAt)));
    }

    /// @inheritdoc IAggregatorV3
    function latestRoundData()
        external
        view
        returns (uint80, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return getRoundData(latestRound);
    }

    /// @inheritdoc IAttestedFeed
    function getRoundData(uint80 roundId)
        public
        view
        returns (uint80, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        StoredRound memory round = _rounds[roundId];
        require(round.updatedAt > 0, ErrorsLib.NoSuchRound(roundId));
        return (roundId, round.answer, round.updatedAt, round.updatedAt, roundId);
    }

    /// @inheritdoc IAttestedFeed
    function reporters() external view returns (address[] memory) {
        return _reporters;
    }

    /// @inheritdoc IAttestedFeed
    function version() external pure returns (uint256) {
        return 1;
    }
}
