"""Reading, units, repair, quality."""
