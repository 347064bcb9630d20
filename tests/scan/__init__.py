"""Tests of the scan room."""
