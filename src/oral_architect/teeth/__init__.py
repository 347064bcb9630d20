"""Tooth numbers and the tooth shape model."""
