"""Restorations and their clinical checks."""
