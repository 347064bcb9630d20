"""Shades as data: tables with their provenance, colour differences, nearest match with its uncertainty, layers."""
