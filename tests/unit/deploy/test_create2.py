"""Addresses that can be known before anything is deployed. Expected values are foundry's `cast`."""

from eth_utils.address import to_checksum_address

from scripts.deploy.create2 import address_of, first_child_of, salt_of


def test_an_address_is_that_of_eip_1014() -> None:
    """`cast create2 --deployer 0x4e59b44847b379578588920cA78FbF26c0B4956C --salt 0x00…00 --init-code 0x00`."""
    assert address_of(bytes(32), b"\x00") == "0x24C4fD2Db1Cf4Cb1aEc651CC0E060A00D400e784"


def test_what_a_contract_creates_first_is_at_its_nonce_one() -> None:
    """`cast compute-address 0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0 --nonce 1`."""
    parent = to_checksum_address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert first_child_of(parent) == "0x343c43A37D37dfF08AE8C4A11544c718AbB4fCF8"


def test_another_label_or_other_code_is_another_address() -> None:
    addresses = {address_of(salt_of(label), code) for label in ("a", "b") for code in (b"\x00", b"\x01")}
    assert len(addresses) == 4
