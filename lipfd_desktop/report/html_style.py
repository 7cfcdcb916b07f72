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
  margin: 0 auto; padding: 2em 1.5em 3em; max-width: 62em; color: var(--ink); background: var(--paper);
  font: 100%/1.5 "Segoe UI", "Helvetica Neue", "Noto Sans", "DejaVu Sans", Arial, sans-serif;
  overflow-wrap: anywhere;
}}
h1 {{ font-size: 1.7em; line-height: 1.2; margin: 1em 0 .3em; }}
h2 {{ font-size: 1.25em; margin: 2.2em 0 .6em; border-bottom: 1px solid var(--rule); padding-bottom: .2em; }}
h3 {{ font-size: 1em; margin: 1em 0 .3em; }}
p {{ margin: .4em 0; }}
ul {{ margin: .3em 0; padding-left: 1.2em; }}
li {{ margin: .2em 0; }}
a {{ color: var(--link); }}
code {{ font: .88em/1.5 "DejaVu Sans Mono", Consolas, Menlo, monospace; }}
.small, figcaption {{ font-size: .85em; color: var(--faint); }}
.verdict {{ font-size: 1.35em; font-weight: 700; margin: 0 0 .4em; }}
.alert {{
  background: var(--warning); color: #ffffff; font-weight: 700; text-align: center; padding: .5em 1em;
  border-radius: .2em;
}}
.always {{ color: var(--warning); font-weight: 700; }}
.panel {{
  background: var(--tint); border: 1px solid var(--rule); border-radius: .3em; padding: 1em; margin: .8em 0;
}}
.panel h3:first-child {{ margin-top: 0; }}
.running {{ display: flex; justify-content: space-between; gap: 1em; font-size: .85em; color: var(--faint); }}
.columns {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(18em, 1fr)); gap: 0 2em; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; margin: .5em 0; font-size: .92em; }}
caption {{ text-align: left; font-size: .85em; color: var(--faint); padding-bottom: .2em; }}
.facts caption {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
th, td {{
  text-align: left; vertical-align: top; padding: .25em .6em .25em .2em; border-bottom: 1px solid var(--rule);
}}
.facts th {{ font-weight: 400; color: var(--faint); width: var(--labels); }}
.grid thead th {{ background: var(--tint); }}
.grid td {{ font-variant-numeric: tabular-nums; }}
.grid th, .grid td, .facts th {{ overflow-wrap: break-word; }}
figure {{ margin: 1em 0; }}
figure > div {{ display: flex; flex-wrap: wrap; align-items: center; gap: .6em; }}
img {{ width: calc(var(--share) - .6em); height: auto; background: #ffffff; }}
.sheet {{ table-layout: fixed; }}
.sheet caption {{ font-size: 1em; font-weight: 700; color: var(--ink); }}
.sheet th, .sheet td {{ border: 0; padding: .2em .3em; font-weight: 400; font-variant-numeric: tabular-nums; }}
.sheet.titled th, .sheet.titled td {{ text-align: center; }}
.sheet.titled tbody th {{ text-align: left; vertical-align: middle; width: 9em; }}
.sheet.titled thead td {{ width: 9em; }}
.sheet img {{ width: 100%; max-height: 26em; object-fit: contain; object-position: left; background: none; }}
nav ul {{ display: flex; flex-wrap: wrap; gap: .2em 1.2em; list-style: none; padding: 0; }}
.signature {{ display: grid; grid-template-columns: 1fr 1fr 1.2fr; gap: 2em; margin-top: 4em; }}
.signature p {{ font-size: .85em; color: var(--faint); }}
.signature span {{ display: block; color: var(--ink); min-height: 1.6em; padding-bottom: .2em; }}
.signature .line span {{ border-bottom: 1px solid var(--ink); margin-bottom: .2em; }}
footer {{ margin-top: 3em; border-top: 1px solid var(--rule); font-size: .85em; color: var(--faint); }}
@page {{
  size: A4; margin: 18mm;
  @top-left {{ font: 7pt sans-serif; }} @top-center {{ font: bold 7pt sans-serif; color: {palette.WARNING}; }}
  @top-right {{ font: 7pt sans-serif; }} @bottom-left {{ font: 7pt sans-serif; }}
  @bottom-right {{ font: 7pt sans-serif; }}
}}
@media print {{
  body {{ max-width: none; padding: 0; font-size: 9pt; }}
  .columns {{ grid-template-columns: 1fr 1fr; }}
  nav, .running {{ display: none; }}
  h2, h3 {{ break-after: avoid; }}
  figure, .whole, .panel, .columns, tr, .signature {{ break-inside: avoid; }}
  thead {{ display: table-header-group; }}
  .panel, .alert, .grid thead th {{ print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
  a {{ color: inherit; text-decoration: none; }}
}}
"""
