"""The language of the shop: pure functions and frozen data, no I/O, no clock, no chance."""
