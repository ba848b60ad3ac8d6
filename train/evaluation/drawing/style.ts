/**
 * The style of reports and charts: light, dark, in print and on a phone. All colours have a contrast of at least 4.5 to 1 to
 * their background (`test/train/evaluation/drawing/style.test.ts` computes it).
 */

export interface Scheme {
  readonly paper: string;
  /** The background of parts that are set off from the page. */
  readonly panel: string;
  readonly ink: string;
  /** Secondary text. */
  readonly soft: string;
  readonly line: string;
  /** Evidence for the true label. */
  readonly blue: string;
  /** Mistakes, gaps, and evidence for a wrong answer. */
  readonly orange: string;
  /** Curves and bars. */
  readonly curve: string;
  readonly second: string;
}

export const LIGHT: Scheme = {
  paper: '#fdfdfb',
  panel: '#f3f4f1',
  ink: '#1b222c',
  soft: '#57616e',
  line: '#d9ddd9',
  blue: '#0b5a9e',
  orange: '#a63c06',
  curve: '#0f6b63',
  second: '#7a3e9d',
};

export const DARK: Scheme = {
  paper: '#12161b',
  panel: '#1a2027',
  ink: '#e3e7ec',
  soft: '#9ca8b5',
  line: '#2f3842',
  blue: '#7cbcf5',
  orange: '#f4a56a',
  curve: '#5cc9bb',
  second: '#c9a0ea',
};

function variables(scheme: Scheme): string {
  return Object.entries(scheme)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}

/** The colours as variables. */
export const COLOURS = `:root { ${variables(LIGHT)}; color-scheme: light }
@media screen and (prefers-color-scheme: dark) { :root { ${variables(DARK)}; color-scheme: dark } }`;

/** The style of a chart, which needs the colours too. */
export const CHART_STYLE = `svg text { fill: var(--ink) }
svg .soft, svg .axis { fill: var(--soft) }
svg .mid { text-anchor: middle } svg .end { text-anchor: end } svg .strong { font-weight: 600; font-size: 14px }
.grid { stroke: var(--line) } .frame { stroke: var(--soft); fill: none; opacity: .6 }
.line { stroke: var(--c, var(--curve)); stroke-width: 2; fill: none; stroke-linejoin: round }
.point { fill: var(--c, var(--curve)) } .hollow { fill: var(--paper); stroke: var(--curve); stroke-width: 2 }
.area { fill: var(--curve); opacity: .12 } .chance { stroke: var(--soft); stroke-dasharray: 3 4; fill: none }
.whisker { stroke: var(--curve); stroke-width: 1.5; fill: none }
.bar { fill: color-mix(in srgb, var(--curve) 38%, var(--paper)) }
.gap { fill: url(#hatch); stroke: var(--orange); stroke-width: .75 } .hatch { stroke: var(--orange); stroke-width: 1.25; opacity: .7 }
.band { fill: var(--panel) }`;

export const STYLE = `
${COLOURS}
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0 auto; max-width: 66rem; padding: 3rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif }
h1, h2, h3, h4, p, dl, dd, figure, blockquote { margin: 0 }
h1 { font-size: clamp(1.6rem, 6vw, 2.4rem); line-height: 1.15; font-weight: 650; letter-spacing: -.02em; overflow-wrap: anywhere }
h2 { font-size: 1.25rem; font-weight: 650; letter-spacing: -.01em; margin-bottom: .35rem }
h3 { font-size: 1rem; font-weight: 650; margin: 0 0 .25rem }
h4 { font-size: 1rem; font-weight: 650 }
section { margin-top: 3.5rem }
code { font: .875em ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; overflow-wrap: anywhere }
.eyebrow { font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; color: var(--soft); margin-bottom: .5rem }
.soft { color: var(--soft) }
.lead { max-width: 44rem; margin-top: .75rem }
.note { max-width: 44rem; color: var(--soft) }
.notice { margin-top: 2rem; padding: 1rem 1.25rem; background: var(--panel); border-left: 3px solid var(--second); max-width: 44rem }

.figures { display: grid; grid-template-columns: 1.7fr 1fr 1fr 1fr; gap: 1.5rem 1.25rem; margin-top: 2.25rem;
  padding: 1.75rem 0; border: solid var(--line); border-width: 1px 0; font-variant-numeric: tabular-nums }
.figures .main { grid-row: span 2; align-self: center }
.figures dt { font-size: .85rem; color: var(--soft) }
.figures .value { font-size: 1.35rem; font-weight: 600; letter-spacing: -.01em; line-height: 1.25 }
.figures .main .value { font-size: 3rem; line-height: 1.1; letter-spacing: -.03em; margin: .1rem 0 .3rem }
.figures .remark { font-size: .8rem; color: var(--soft) }

.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 2rem 3rem; margin-top: 1.25rem; align-items: start }
.pair.wide { grid-template-columns: minmax(0, 1fr) }
figure { break-inside: avoid; min-width: 0 }
figcaption { font-size: .875rem; color: var(--soft); margin-top: .5rem; max-width: 30rem }
svg { display: block; width: 100%; max-width: 30rem; height: auto; font-size: 12.5px; font-variant-numeric: tabular-nums; overflow: visible }
${CHART_STYLE}
.validation { --c: var(--second) } .validation .line { stroke-dasharray: 7 4 }

.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .925rem; font-variant-numeric: tabular-nums; break-inside: avoid }
caption { text-align: left; font-size: .875rem; color: var(--soft); padding-bottom: .5rem }
th, td { padding: .45rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: middle }
th { font-weight: 600 } thead th { font-size: .85rem; color: var(--soft); font-weight: 500; vertical-align: bottom }
tr > :first-child { text-align: left; padding-left: 0 }
.confusion .cell { text-align: center; border: 2px solid var(--paper) }
.confusion thead th:not(:first-child, :last-child), .confusion tfoot td:not(:last-child) { text-align: center }
.roomy .cell { padding: .9rem .5rem }
.cell { background: color-mix(in srgb, var(--tone) calc(var(--rate) * var(--depth)), var(--panel)) }
.cell.right { --tone: var(--curve) } .cell.wrong { --tone: var(--orange) } .roomy { --depth: .3 } .compact { --depth: .45 }
.roomy .cell b { display: block; font-size: 1.3rem; font-weight: 600; line-height: 1.2 }
.roomy .cell span { font-size: .85rem }
.compact { font-size: .75rem } .compact .cell { padding: 0; height: 1.75rem; min-width: 1.75rem; border-width: 1px }
.compact th, .compact td { padding: .2rem .3rem } .compact tbody th { white-space: nowrap; font-weight: 500 }
.compact bdi { display: inline-block; vertical-align: bottom; max-width: 12rem; overflow: hidden; text-overflow: ellipsis }
.list { font-size: .875rem } .list th, .list td { padding: .3rem .35rem }
.list tr > :first-child { padding-left: 0 } .list th { overflow-wrap: break-word } .confusions { width: auto } .confusions :is(th, td):nth-child(2) { text-align: left }
.small { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 1rem 1.25rem; margin: .75rem 0 1rem }
.small h4 { font-size: .85rem; font-weight: 500; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; margin-bottom: .25rem }
details { margin-top: 1rem; font-size: .925rem } summary { cursor: pointer; color: var(--soft); font-size: .875rem }
details[open] summary { margin-bottom: .75rem }

.legend { font-size: .925rem; max-width: 46rem; margin-top: .5rem; color: var(--soft) }
.kinds { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 2rem 3rem; margin-top: 1.75rem; align-items: start }
.kinds > * { min-width: 0 }
article { padding: 1.1rem 0 1.25rem; border-top: 1px solid var(--line); break-inside: avoid }
.kinds h3 { padding-bottom: .6rem }
.facts { font-size: .85rem }
.text, blockquote { font-family: ui-serif, 'Iowan Old Style', Charter, Georgia, 'Liberation Serif', 'Times New Roman', serif }
blockquote { font-size: 1.05rem; line-height: 1.65; margin-top: .6rem; overflow-wrap: anywhere; unicode-bidi: isolate }
h4 .answer { color: var(--tone) }
.answer { --tone: var(--orange) } .truth { --tone: var(--blue) }
.e1, .e2, .e3 { color: var(--ink); text-decoration: underline var(--tone) 1.5px; text-underline-offset: .2em; text-decoration-skip-ink: none; border-radius: 2px }
.truth.e1, .truth.e2, .truth.e3 { text-decoration-style: dashed }
.e1 { background: color-mix(in srgb, var(--tone) 7%, transparent); text-decoration-thickness: 1px }
.e2 { background: color-mix(in srgb, var(--tone) 15%, transparent) }
.e3 { background: color-mix(in srgb, var(--tone) 24%, transparent); text-decoration-thickness: 2.5px; font-weight: 700 }
.words { margin-top: .7rem; font-size: .875rem; font-variant-numeric: tabular-nums }
.words div { padding-left: 1rem; text-indent: -1rem }
.words :is(dt, dd) { display: inline; margin-right: .9rem; text-indent: 0; overflow-wrap: anywhere } .words dt { color: var(--soft) }
.words dd { display: inline-block }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem; color: var(--soft) }

@media screen and (max-width: 44rem) {
  .figures { grid-template-columns: 1fr 1fr } .figures .main { grid-column: span 2; grid-row: auto }
}
@media screen and (max-width: 30rem) {
  body { padding: 1.75rem 1rem 3rem } section { margin-top: 2.75rem }
  table { font-size: .825rem } thead th, .confusion .cell span { font-size: .775rem } th, td { padding: .4rem .3rem } tr > :last-child { padding-right: 0 }
}
@media print {
  @page { margin: 16mm 15mm }
  body { padding: 0; max-width: none; font-size: 10pt; background: none; -webkit-print-color-adjust: exact; print-color-adjust: exact }
  section { margin-top: 1.75rem; break-inside: avoid } h2, h3, caption { break-after: avoid } .pair { grid-template-columns: 1fr 1fr; gap: 1.5rem }
  table { font-size: 8.5pt } caption, figcaption, thead th, .confusion .cell span { font-size: 8pt } th, td { padding: .3rem .25rem }
  tr > :last-child { padding-right: 0 } .scroll { overflow: visible } details { display: none }
  .mistakes { break-inside: auto } .legend { break-after: avoid } .kinds { display: block } .kinds > * + * { margin-top: 1.5rem }
  article { padding: .7rem 0 .8rem } blockquote { font-size: 10pt; line-height: 1.5 }
}
`;
