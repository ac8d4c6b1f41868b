// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev The one cheatcode that a proof needs. forge-std would have to be compiled and executed along with it.
interface Assumptions {
    function assume(bool holds) external pure;
}

/// @notice Functions named `check_` hold for all arguments of their types: `make proofs` asks a solver for a counterexample.
abstract contract Proof {
    Assumptions internal constant VM = Assumptions(address(uint160(uint256(keccak256("hevm cheat code")))));
}
