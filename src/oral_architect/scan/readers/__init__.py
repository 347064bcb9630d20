"""One file a format, each with ``NAME``, ``EXTENSIONS``, ``recognises`` and ``read``."""
