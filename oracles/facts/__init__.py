"""Facts that reporters attest: a price, an exchange rate, a benchmark, revenue. A new one is one small file."""
