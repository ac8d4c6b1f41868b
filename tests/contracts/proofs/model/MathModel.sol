// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev What a proof asks of the prover. `pure`, so that it can be asked in the middle of pure functions.
interface Prover {
    function assume(bool holds) external pure;
    function createUint(uint256 bits, string memory name) external pure returns (uint256);
}

/// @notice Stands in proofs for `contracts/libraries/MathLib.sol`: a quotient is any number that fits its definition. Solvers
/// get nowhere with division, and have no trouble with q·d ≤ n < q·d + d.
/// @dev Products must fit 256 bits and quotients 160; the types of the proofs see to that. What is assumed of a quotient
/// defines exactly one number, so what is proven of any is proven of the real one.
library MathLib {
    Prover private constant VM = Prover(address(uint160(uint256(keccak256("hevm cheat code")))));
    Prover private constant SVM = Prover(address(uint160(uint256(keccak256("svm cheat code")))));

    function mulDivDown(uint256 a, uint256 b, uint256 denominator) internal pure returns (uint256 quotient) {
        unchecked {
            quotient = _someQuotient(denominator);
            VM.assume(quotient * denominator <= a * b && a * b < quotient * denominator + denominator);
        }
    }

    function mulDivUp(uint256 a, uint256 b, uint256 denominator) internal pure returns (uint256 quotient) {
        unchecked {
            quotient = _someQuotient(denominator);
            VM.assume(a * b <= quotient * denominator && quotient * denominator < a * b + denominator);
        }
    }

    function divUp(uint256 a, uint256 denominator) internal pure returns (uint256) {
        return mulDivUp(a, 1, denominator);
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }

    function zeroFloorSub(uint256 a, uint256 b) internal pure returns (uint256 difference) {
        if (a <= b) return 0;
        unchecked {
            difference = SVM.createUint(192, "difference");
            VM.assume(difference + b == a);
        }
    }

    function _someQuotient(uint256 denominator) private pure returns (uint256 quotient) {
        quotient = SVM.createUint(160, "quotient");
        VM.assume(quotient < type(uint256).max / denominator);
    }
}
