"""Times as people read them while they watch; how reports spell things is in :mod:`lipfd_desktop.report.text`."""

from __future__ import annotations

import html
import math
from datetime import datetime

from lipfd_desktop.language import tr
from lipfd_desktop.report.text import file_size

__all__ = ["clock", "file_size", "menu_entry", "remaining", "tip"]


def clock(seconds: float, decimals: int = 3) -> str:
    """``m:ss.mmm``, or ``h:mm:ss.mmm`` from an hour on."""
    sign = "-" if seconds < 0 else ""
    units = 10**decimals
    ticks = round(abs(seconds) * units)
    whole, fraction = divmod(ticks, units)
    minutes, secs = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"
    return sign + head + (f".{fraction:0{decimals}d}" if decimals else "")


def local_time(moment: str | datetime) -> str:
    """A date and time, ISO 8601 or an object, as the clock on the wall shows it, with its distance from UTC."""
    local = (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone()
    offset = local.strftime("%z")
    zone = "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{local:%Y-%m-%d %H:%M:%S} {zone}"


def remaining(seconds: float) -> str:
    """A rough time to wait, never more exact than it is known."""
    if not math.isfinite(seconds) or seconds < 0:
        return tr("remaining time unknown")
    if seconds < 60:
        return tr("about {seconds} s left", seconds=max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 60:
        return tr("about {minutes} min left", minutes=minutes)
    return tr("about {hours} h {minutes:02d} min left", hours=minutes // 60, minutes=minutes % 60)


def tip(words: str) -> str:
    """``words`` for a tool tip, which Qt would else read as HTML when a file name or tag looks like it."""
    return f"<qt>{html.escape(words).replace(chr(10), '<br>')}</qt>" if words else ""


def menu_entry(words: str) -> str:
    """``words`` for a menu, where ``&`` would else underline the next letter."""
    return words.replace("&", "&&")
