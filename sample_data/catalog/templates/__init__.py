"""Sentence templates of clinical texts."""
