"""Diagnostics of cohorts as they may be shown."""
