"""What `make proofs` finds to prove."""

from pathlib import Path

from scripts.audit.proofs.properties import PROOFS, Property, find_properties

FILE = """\
contract Decimals {
    function decimals() external returns (uint8) {
    }
}

contract PriceProof is Proof {
    function check_one(uint40 answer) public {
    }

    function check_another(uint40 answer) public {
    }
}
"""


def test_a_property_is_a_check_of_the_contract_that_it_stands_in(tmp_path: Path) -> None:
    (tmp_path / PROOFS).mkdir(parents=True)
    (tmp_path / PROOFS / "Price.t.sol").write_text(FILE, encoding="utf-8")
    assert find_properties(tmp_path) == [Property("PriceProof", "check_one"), Property("PriceProof", "check_another")]
