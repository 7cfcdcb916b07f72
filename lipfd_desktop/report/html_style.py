"""The look of the HTML report: light and dark as the reader's system has it, light on paper."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.report import palette

STYLE: Final = f"""
:root {{
  --ink: {palette.INK}; --faint: {palette.FAINT_INK}; --rule: {palette.RULE}; --tint: {palette.PAPER_TINT};
  --paper: #ffffff; --warning: {palette.WARNING}; --link: {palette.BLUE};
}}
@media screen and (prefers-color-scheme: dark) {{
  :root {{
    --ink: #e4e7eb; --faint: #a7b0bb; --rule: #3d444d; --tint: #22262c; --paper: #16191d; --link: {palette.SKY_BLUE};
  }}
}}
* {{ box-sizing: border-box; }}
body {{
  margin: 0 auto; padding: 2rem 1.5rem 3rem; max-width: 62rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 "Segoe UI", "Helvetica Neue", "Noto Sans", "DejaVu Sans", Arial, sans-serif;
  overflow-wrap: anywhere;
}}
h1 {{ font-size: 1.7rem; line-height: 1.2; margin: 1rem 0 .3rem; }}
h2 {{ font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--rule); padding-bottom: .2rem; }}
h3 {{ font-size: 1rem; margin: 1rem 0 .3rem; }}
p {{ margin: .4rem 0; }}
ul {{ margin: .3rem 0; padding-left: 1.2rem; }}
li {{ margin: .2rem 0; }}
a {{ color: var(--link); }}
code {{ font: .88em/1.5 "DejaVu Sans Mono", Consolas, Menlo, monospace; }}
.small, figcaption {{ font-size: .85rem; color: var(--faint); }}
.verdict {{ font-size: 1.35rem; font-weight: 700; margin: 0 0 .4rem; }}
.alert {{
  background: var(--warning); color: #ffffff; font-weight: 700; text-align: center; padding: .5rem 1rem;
  border-radius: .2rem;
}}
.always {{ color: var(--warning); font-weight: 700; }}
.panel {{
  background: var(--tint); border: 1px solid var(--rule); border-radius: .3rem; padding: 1rem; margin: .8rem 0;
}}
.panel h3:first-child {{ margin-top: 0; }}
.running {{ display: flex; justify-content: space-between; gap: 1rem; font-size: .85rem; color: var(--faint); }}
.columns {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 2rem; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .92rem; }}
caption {{ text-align: left; font-size: .85rem; color: var(--faint); padding-bottom: .2rem; }}
.facts caption {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
th, td {{
  text-align: left; vertical-align: top; padding: .25rem .6rem .25rem .2rem; border-bottom: 1px solid var(--rule);
}}
.facts th {{ font-weight: 400; color: var(--faint); width: 30%; }}
.grid thead th {{ background: var(--tint); }}
.grid td {{ font-variant-numeric: tabular-nums; overflow-wrap: normal; }}
figure {{ margin: 1rem 0; }}
figure > div {{ display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; }}
img {{ width: calc(var(--share) - .6rem); height: auto; background: #ffffff; }}
nav ul {{ display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; padding: 0; }}
.signature {{ display: grid; grid-template-columns: 1fr 1fr 1.2fr; gap: 2rem; margin-top: 4rem; }}
.signature p {{ font-size: .85rem; color: var(--faint); }}
.signature span {{ display: block; color: var(--ink); min-height: 1.6em; padding-bottom: .2rem; }}
.signature .line span {{ border-bottom: 1px solid var(--ink); margin-bottom: .2rem; }}
footer {{ margin-top: 3rem; border-top: 1px solid var(--rule); font-size: .85rem; color: var(--faint); }}
@page {{
  size: A4; margin: 18mm;
  @top-left {{ font: 7pt sans-serif; }} @top-center {{ font: bold 7pt sans-serif; color: {palette.WARNING}; }}
  @top-right {{ font: 7pt sans-serif; }} @bottom-left {{ font: 7pt sans-serif; }}
  @bottom-right {{ font: 7pt sans-serif; }}
}}
@media print {{
  body {{ max-width: none; padding: 0; font-size: 9.5pt; }}
  nav, .running {{ display: none; }}
  h2, h3 {{ break-after: avoid; }}
  figure, .whole, .panel, tr, .signature {{ break-inside: avoid; }}
  thead {{ display: table-header-group; }}
  .panel, .alert, .grid thead th {{ print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
  a {{ color: inherit; text-decoration: none; }}
}}
"""
