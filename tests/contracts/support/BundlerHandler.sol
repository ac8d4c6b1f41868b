// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";

import {CreditVault} from "contracts/CreditVault.sol";
import {Opening, Refinancing} from "contracts/interfaces/IBundler.sol";
import {Offer} from "contracts/interfaces/ICreditVault.sol";
import {LocalFeed} from "contracts/local/LocalFeed.sol";
import {LocalToken} from "contracts/local/LocalToken.sol";
import {Bundler} from "contracts/periphery/Bundler.sol";

import {FlashLender} from "./FlashLender.sol";

/// @notice Borrowers who do everything through the bundler, on each other's lines too, with standing allowances and an operator
/// right that they all gave it. What an action did to those who did not call it is watched.
contract BundlerHandler is Test {
    CreditVault internal immutable vault;
    Bundler internal immutable bundler;
    FlashLender public immutable flashLender;
    LocalToken internal immutable loan;
    LocalToken internal immutable collateral;
    LocalFeed internal immutable feed;
    uint256 internal immutable lenderKey;
    address internal immutable feedOwner = msg.sender;
    Offer internal template;
    address[3] internal borrowers;

    /// @dev Somebody else's money or line was touched.
    bool public touchedAnother;

    /// @dev Money that was sent to the bundler by mistake, and not taken by anybody yet.
    uint256 public lost;

    struct Watch {
        uint256 loan;
        uint256 collateral;
        bytes32 lines;
    }

    constructor(
        Bundler bundler_,
        FlashLender flashLender_,
        LocalFeed feed_,
        Offer memory template_,
        uint256 lenderKey_,
        address[3] memory borrowers_
    ) {
        (bundler, flashLender, feed, lenderKey) = (bundler_, flashLender_, feed_, lenderKey_);
        vault = CreditVault(address(bundler_.vault()));
        (loan, collateral) = (LocalToken(template_.loanToken), LocalToken(template_.collateralToken));
        template = template_;
        borrowers = borrowers_;
    }

    // ---------------------------------------------------------------- watching

    /// @dev What the others have, in tokens and in the lines that only they may close, before and after.
    function watchOthers(uint256 who) internal view returns (Watch[3] memory seen) {
        for (uint256 i = 0; i < 3; ++i) {
            if (i != who) seen[i] = watch(borrowers[i]);
        }
    }

    function watch(address account) internal view returns (Watch memory seen) {
        (seen.loan, seen.collateral) = (loan.balanceOf(account), collateral.balanceOf(account));
        for (uint256 id = 1; id <= vault.lineCount(); ++id) {
            if (vault.borrowerOf(id) == account) seen.lines = keccak256(abi.encode(seen.lines, vault.stateHash(id)));
        }
    }

    /// @dev `paidFor` says that the caller meant a line of somebody else's, which is better off for it.
    function compare(uint256 who, Watch[3] memory before, bool paidFor) internal {
        for (uint256 i = 0; i < 3; ++i) {
            if (i == who) continue;
            Watch memory now_ = watch(borrowers[i]);
            if (now_.loan != before[i].loan || now_.collateral != before[i].collateral) touchedAnother = true;
            if (now_.lines != before[i].lines && !paidFor) touchedAnother = true;
        }
        lost = loan.balanceOf(address(bundler)) < lost ? 0 : lost;
    }

    // ---------------------------------------------------------------- actions

    function opening(uint256 seed) internal view returns (Opening memory made) {
        made.offer = template;
        made.offer.expiry = uint40(vm.getBlockTimestamp() + 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(lenderKey, vault.offerDigest(made.offer));
        made.signature = abi.encodePacked(r, s, v);
        made.amount = uint96(bound(seed, 1000e6, 20_000e6));
        made.collateral = uint96(bound(seed >> 96, 9e18, 30e18));
        made.drawn = seed % 3 == 0 ? 0 : made.amount / 2;
    }

    function someLine(uint256 seed) internal view returns (uint256) {
        return bound(seed, 1, vault.lineCount() + 1);
    }

    function open(uint256 who, uint256 seed) external {
        who = bound(who, 0, 2);
        Watch[3] memory before = watchOthers(who);
        Opening memory made = opening(seed);
        vm.prank(borrowers[who]);
        try bundler.open(made) {
            compare(who, before, false);
        } catch {}
    }

    function deposit(uint256 who, uint256 line, uint96 amount) external {
        who = bound(who, 0, 2);
        Watch[3] memory before = watchOthers(who);
        amount = uint96(bound(amount, 0, 5e18));
        vm.prank(borrowers[who]);
        try bundler.deposit(someLine(line), amount) {
            compare(who, before, true);
        } catch {}
    }

    function depositReserve(uint256 who, uint256 line, uint96 amount) external {
        who = bound(who, 0, 2);
        Watch[3] memory before = watchOthers(who);
        amount = uint96(bound(amount, 0, 30_000e6));
        vm.prank(borrowers[who]);
        try bundler.depositReserve(someLine(line), amount) {
            compare(who, before, true);
        } catch {}
    }

    function repay(uint256 who, uint256 line, uint96 amount) external {
        who = bound(who, 0, 2);
        Watch[3] memory before = watchOthers(who);
        vm.prank(borrowers[who]);
        try bundler.repay(someLine(line), amount) {
            compare(who, before, true);
        } catch {}
    }

    function close(uint256 who, uint256 line) external {
        who = bound(who, 0, 2);
        Watch[3] memory before = watchOthers(who);
        vm.prank(borrowers[who]);
        try bundler.close(someLine(line)) {
            compare(who, before, false);
        } catch {}
    }

    function refinance(uint256 who, uint256 line, uint256 seed, bool flash, uint8 mode) external {
        who = bound(who, 0, 2);
        Watch[3] memory before = watchOthers(who);
        // Half of the flash lenders are honest.
        flashLender.set(mode < 128 ? FlashLender.Mode.HONEST : FlashLender.Mode(mode % 9));
        Refinancing memory made =
            Refinancing(someLine(line), opening(seed), flash ? address(flashLender) : address(0), 0);
        vm.prank(borrowers[who]);
        try bundler.refinance(made) {
            compare(who, before, false);
        } catch {}
    }

    /// @dev Somebody sends money to the wrong address, and time passes.
    function drop(uint96 amount) external {
        uint256 sent = bound(amount, 0, 10e6);
        loan.mint(address(bundler), sent);
        lost += sent;
        (, int256 answer,,,) = feed.latestRoundData();
        skip(bound(amount, 0, 2 days));
        vm.prank(feedOwner);
        feed.push(answer, vm.getBlockTimestamp());
    }
}
