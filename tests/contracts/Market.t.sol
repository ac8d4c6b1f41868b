// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CreditVault} from "contracts/CreditVault.sol";
import {Market} from "contracts/interfaces/ICreditVault.sol";
import {INoteDescriptor} from "contracts/interfaces/INoteDescriptor.sol";
import {MAX_LIMIT} from "contracts/libraries/ConstantsLib.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";
import {LocalToken} from "contracts/local/LocalToken.sol";
import {OracleAdapter} from "contracts/oracle/OracleAdapter.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

contract MarketTest is VaultFixture {
    function create(address loanToken, address collateralToken, address oracle_, uint96 minDebt)
        internal
        returns (uint16)
    {
        vm.prank(owner);
        return vault.createMarket(loanToken, collateralToken, oracle_, minDebt);
    }

    function test_a_market_is_listed_once_and_found_by_its_triple() public {
        vm.expectEmit(address(vault));
        emit EventsLib.MarketCreated(2, address(weth), address(usdc), address(oracle), 1);
        assertEq(create(address(weth), address(usdc), address(oracle), 1), 2);
        assertEq(vault.marketIdOf(address(weth), address(usdc), address(oracle)), 2);
        assertEq(vault.marketIdOf(address(usdc), address(weth), address(oracle)), marketId);
        Market memory market = vault.market(2);
        assertEq(market.loanToken, address(weth));
        assertEq(market.collateralToken, address(usdc));
        assertEq(market.oracle, address(oracle));
        assertEq(market.minDebt, 1);
    }

    /// @custom:rule a-market-is-listed-once
    function test_the_same_triple_is_refused_a_second_time() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MarketExists.selector, marketId));
        create(address(usdc), address(weth), address(oracle), 5);
    }

    /// @custom:rule only-the-owner-lists-markets
    function test_only_the_owner_lists_markets() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotOwner.selector, stranger));
        vm.prank(stranger);
        vault.createMarket(address(weth), address(usdc), address(oracle), 1);
    }

    function test_tokens_must_differ() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnsupportedToken.selector, address(usdc)));
        create(address(usdc), address(usdc), address(oracle), 1);
    }

    function test_a_token_of_more_than_18_decimals_is_refused_on_either_side() public {
        address wide = address(new LocalToken("Wide", "WIDE", 19));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnsupportedToken.selector, wide));
        create(wide, address(usdc), address(oracle), 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnsupportedToken.selector, wide));
        create(address(usdc), wide, address(oracle), 1);
    }

    function test_a_token_without_code_or_decimals_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnsupportedToken.selector, stranger));
        create(stranger, address(usdc), address(oracle), 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnsupportedToken.selector, address(vault)));
        create(address(usdc), address(vault), address(oracle), 1);
    }

    function test_an_oracle_without_code_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OracleHasNoCode.selector, stranger));
        create(address(weth), address(usdc), stranger, 1);
    }

    /// Pitfall 12
    function test_a_market_needs_a_minimum_debt_within_the_largest_limit() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadTerms.selector, bytes32("minDebt"), 0));
        create(address(weth), address(usdc), address(oracle), 0);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadTerms.selector, bytes32("minDebt"), MAX_LIMIT + 1));
        create(address(weth), address(usdc), address(oracle), uint96(MAX_LIMIT + 1));
        create(address(weth), address(usdc), address(oracle), uint96(MAX_LIMIT));
    }

    function test_the_smallest_minimum_debt_is_one_unit() public {
        OracleAdapter second = deployOracle(oracleConfig());
        assertEq(create(address(usdc), address(weth), address(second), 1), 2);
    }

    function test_two_oracles_make_two_markets_of_one_pair() public {
        OracleAdapter second = deployOracle(oracleConfig());
        assertEq(create(address(usdc), address(weth), address(second), MIN_DEBT), 2);
    }

    function test_a_vault_needs_an_owner_and_a_descriptor_but_no_guardian() public {
        INoteDescriptor descriptor = nft.descriptor();
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        this.create("CreditVault.sol", abi.encode(address(0), guardian, descriptor));
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        this.create("CreditVault.sol", abi.encode(owner, guardian, address(0)));
        CreditVault unguarded = deployVault(owner, address(0), descriptor);
        assertEq(unguarded.owner(), owner);
        assertEq(unguarded.guardian(), address(0));
    }
}
