"""How a request spells a device, known without torch, whose import takes seconds."""

from __future__ import annotations


def device_name(requested: str) -> str:
    """The device as torch spells it, of which ``cuda`` is the first; ``auto`` stays, for only torch can tell."""
    name = requested.strip().lower()
    return "cuda:0" if name == "cuda" else name
