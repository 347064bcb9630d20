"""The lower arch brought into its bite: closed, settled and judged, its contacts, and how the jaw moves from there."""
