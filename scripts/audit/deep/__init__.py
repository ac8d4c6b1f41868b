"""The Solidity tests of the release build, searched for long."""
