"""Wear, defects, missing teeth: what to restore and why."""
