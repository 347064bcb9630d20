"""The report and its pages."""
