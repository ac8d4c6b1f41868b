"""Gas of whole transactions (``make gas``).

Each figure is the receipt of one real transaction on anvil: 21,000 and calldata included, refunds taken off. What runs
is the release build of vault, NFT, trigger and adapter, and plain OpenZeppelin ERC-20s. ``scenarios`` says of each
operation what stood before it, ``figures`` holds the budgets and compares with ``snapshot.json``.
"""
