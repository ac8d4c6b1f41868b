"""The credit rules: pure, exact, standard library only.

The contract ``CreditVault`` and this package implement the same rules and are compared to the wei on random histories.
Read in this order: ``units``, ``terms``, ``state``, ``accrual``, ``payment``, ``status``, ``health``, ``liquidation``,
``in_kind``, ``operations``; then ``mandate`` and ``firing`` for what may be paid without the borrower's hand.
"""
