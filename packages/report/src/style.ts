import { paletteCss } from './palette.ts'

/** From here on the wide drawings of charts are shown instead of the narrow ones. */
const WIDE = '44rem'

/** The style sheet of the page. */
export const styleSheet = `${paletteCss(':root')}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:break-word}
header>p{max-width:none}
header,main{max-width:84rem;margin:0 auto;padding:1rem}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0}
h2{font-size:1.3rem;line-height:1.3;margin:0 0 .5rem}
h3{font-size:1.05rem;line-height:1.3;margin:0 0 .25rem}
p{margin:.25rem 0 .75rem;max-width:70ch}
a{color:var(--link)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:.5rem 0 0;padding:0}
nav a{display:inline-block;padding:.25rem 0}
section{padding-bottom:2.25rem;scroll-margin-top:1rem}
@media (min-width:82rem){.columns{columns:2;column-gap:1.5rem}.columns section{break-inside:avoid}}
.muted,.reading{color:var(--muted)}
.reading{font-size:.9rem}
.card,figure{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:0 0 1rem}
.figures{display:grid;gap:1rem;grid-template-columns:minmax(0,1fr)}
figure{min-width:0;margin:0}
.tiles{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,7rem),1fr));margin:0 0 1rem}
.tiles>div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem}
dt{color:var(--muted);font-size:.85rem}
dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums}
.flow{display:grid;gap:.75rem 1.75rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,9.5rem),1fr));list-style:none;margin:0 0 1rem;padding:0}
.flow li{position:relative;background:var(--card);border:1px solid var(--line);border-top:3px solid var(--series-0);border-radius:.5rem;padding:.6rem .8rem}
.flow li:not(:first-child)::before{content:"\\2192";position:absolute;left:-1.4rem;top:35%;color:var(--muted)}
.flow strong,.flow span{display:block}
.flow span{font-variant-numeric:tabular-nums}
.verdict{border-left:4px solid var(--good)}
.verdict p:first-child{color:var(--good);font-weight:600;margin:0}
.verdict.bad{border-left-color:var(--bad)}
.verdict.bad p:first-child{color:var(--bad)}
.scroll{overflow-x:auto;max-height:30rem;overflow-y:auto}
.scroll:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-size:.88rem;min-width:100%}
caption{text-align:left;color:var(--muted);padding:.25rem 0}
th,td{padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;white-space:nowrap}
th.n,td.n{text-align:right;font-variant-numeric:tabular-nums}
details{margin-top:.75rem}
summary{cursor:pointer;color:var(--link);padding:.25rem 0}
.charts{display:flex;flex-wrap:wrap;gap:1rem}
.charts>div{max-width:100%}
.charts p{margin:0;font-size:.9rem;font-weight:600}
svg{display:block;max-width:100%;height:auto;font-family:system-ui,sans-serif}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;list-style:none;margin:.25rem 0;padding:0;font-size:.88rem}
.legend i{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.4rem}
.legend b{margin-right:.3rem}
.wide{display:none}
@media (min-width:${WIDE}){.wide{display:block}.narrow{display:none}}
@media (max-width:30rem){.flow{grid-template-columns:minmax(0,1fr);gap:1.5rem}.flow li:not(:first-child)::before{content:"\\2193";left:50%;top:-1.6rem}}
@media print{body{background:none}section{break-inside:avoid}.scroll{max-height:none}}
`
