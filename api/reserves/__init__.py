"""What the vault must hold, against what it does hold."""
