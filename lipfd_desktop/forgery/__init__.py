"""Pseudo-fakes, perturbations and foreign sound, made on aligned crops of real video."""
