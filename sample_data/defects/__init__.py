"""Defects of a real extract, injected at known rates; each has an identifier, a place and an expected fate."""
