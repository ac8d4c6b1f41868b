"""The chain as we reach it: JSON-RPC, contracts and their ABIs, typed data, the address book."""
