"""The registry of defences: for each pitfall, invariant and rule, the test that fails when its defence is taken out."""
