// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";

/// @title LocalFeed
/// @notice A Chainlink-shaped feed whose owner writes the rounds: for local chains and demos. It is proxy and aggregator in
/// one: round ids carry the phase in their upper bits, and the aggregator's events are its own.
contract LocalFeed is IAggregatorV3 {
    error NotOwner(address caller);
    error NoDataPresent();

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);
    event NewRound(uint256 indexed roundId, address indexed startedBy, uint256 startedAt);

    struct StoredRound {
        int256 answer;
        uint256 updatedAt;
        bool written;
    }

    uint256 private constant PHASE_OFFSET = 64;

    address public immutable owner;
    uint8 public immutable decimals;
    string public description;
    uint16 public phaseId = 1;

    /// @dev The last round of the present phase, without the phase.
    uint64 private _round;

    mapping(uint80 roundId => StoredRound) private _rounds;

    constructor(address owner_, uint8 decimals_, string memory description_) {
        owner = owner_;
        decimals = decimals_;
        description = description_;
    }

    modifier onlyOwner() {
        require(msg.sender == owner, NotOwner(msg.sender));
        _;
    }

    /// @notice Writes the next round. Bad answers and times are taken as they are: real feeds have had them.
    /// @return roundId with the phase in the upper bits.
    function push(int256 answer, uint256 updatedAt) external onlyOwner returns (uint80 roundId) {
        uint64 round = ++_round;
        roundId = _withPhase(round);
        _rounds[roundId] = StoredRound(answer, updatedAt, true);
        emit NewRound(round, msg.sender, updatedAt);
        emit AnswerUpdated(answer, round, updatedAt);
    }

    /// @notice Starts the next phase, as a proxy does when it changes its aggregator. It has no round until one is pushed.
    function nextPhase() external onlyOwner {
        ++phaseId;
        _round = 0;
    }

    /// @notice The contract that emits the events: this one.
    function aggregator() external view returns (address) {
        return address(this);
    }

    function version() external pure returns (uint256) {
        return 4;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(_withPhase(_round));
    }

    function getRoundData(uint80 roundId)
        public
        view
        returns (uint80, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        StoredRound memory round = _rounds[roundId];
        require(round.written, NoDataPresent());
        return (roundId, round.answer, round.updatedAt, round.updatedAt, roundId);
    }

    function _withPhase(uint64 round) private view returns (uint80) {
        return uint80(uint256(phaseId) << PHASE_OFFSET | round);
    }
}
