"""The NFT of a line, as the chain itself draws it."""
