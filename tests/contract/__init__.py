"""Suites that every implementation of a promise passes; tests/integration runs them."""
