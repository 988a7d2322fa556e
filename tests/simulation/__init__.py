"""The whole chain in one thread, under one clock and one dice (see README.md)."""
