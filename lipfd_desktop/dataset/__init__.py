"""Training data: manifests, extraction into a memory-mapped store, and proof that nothing but the face tells."""
