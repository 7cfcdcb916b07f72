"""Style sheet of the evaluation page: sober, light, printable."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.report import palette

STYLE: Final = f"""
:root {{ color-scheme: light; }}
* {{ box-sizing: border-box; }}
body {{
  margin: 0; background: {palette.PAPER_TINT}; color: {palette.INK};
  font: 15px/1.5 "Segoe UI", "Noto Sans", "DejaVu Sans", Helvetica, Arial, sans-serif;
}}
main {{ max-width: 1080px; margin: 0 auto; padding: 36px 44px 60px; background: #fff; }}
header {{ border-bottom: 2px solid {palette.INK}; padding-bottom: 14px; margin-bottom: 22px; }}
h1 {{ font-size: 26px; line-height: 1.25; margin: 0 0 6px; }}
h2 {{ font-size: 19px; margin: 40px 0 8px; padding-top: 12px; border-top: 1px solid {palette.RULE}; }}
p {{ margin: 6px 0 12px; max-width: 86ch; }}
.faint, figcaption, .cards small, td small {{ color: {palette.FAINT_INK}; }}
.faint {{ font-size: 13px; overflow-wrap: anywhere; }}
.warning {{
  border-left: 4px solid {palette.WARNING}; background: #fbf0f1; padding: 9px 14px; font-weight: 600; max-width: none;
}}
.cards {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 12px; margin: 18px 0; }}
.cards div {{ border: 1px solid {palette.RULE}; border-radius: 4px; padding: 10px 14px 12px; }}
.cards span {{ display: block; font-size: 13px; }}
.cards b {{ display: block; font-size: 25px; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; }}
.cards small {{ font-size: 12.5px; font-variant-numeric: tabular-nums; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; margin: 10px 0 16px; font-size: 14px; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 5px 14px 5px 0; text-align: right; vertical-align: top; border-bottom: 1px solid #e6eaee; }}
th {{ font-weight: 600; font-size: 13px; vertical-align: bottom; border-bottom: 1px solid {palette.FAINT_INK}; }}
th:first-child, td:first-child {{ text-align: left; padding-right: 22px; }}
td small {{ display: block; font-size: 12px; white-space: nowrap; }}
tr.marked td {{ background: #fdf4ec; }}
.plots {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 22px 30px; }}
figure {{ margin: 12px 0; }}
figure svg {{ width: 100%; height: auto; max-width: 700px; display: block; }}
figcaption {{ font-size: 13px; margin-top: 2px; max-width: 80ch; }}
dl {{ display: grid; grid-template-columns: 220px 1fr; gap: 5px 18px; font-size: 14px; margin: 10px 0; }}
dt {{ font-weight: 600; }}
dd {{ margin: 0; overflow-wrap: anywhere; }}
@media print {{ main {{ padding: 0; max-width: none; }} figure, table {{ break-inside: avoid; }} }}
"""
