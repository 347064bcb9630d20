"""Each tooth on its own: its surface, its gingival margin, its axes; and from the teeth the frame of the patient."""
