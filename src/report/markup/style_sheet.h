#pragma once
// The look of a report: colours for light and dark, type, print.

#include "report/markup/markup.h"

namespace ergon::report {

// Series colours were found by a random search: for eyes without and with each of the three kinds of colour blindness
// (simulated after Machado, Oliveira, Fernandes 2009) the first six are at least 0.14 apart in OKLab, all eight 0.09,
// and each has a contrast of 3 to the paper. The heat scale falls (in the dark: rises) in even steps of OKLab
// lightness; its least colour is near the paper's.
inline constexpr Verbatim style_sheet = R"css(
:root {
    color-scheme: light dark;
    --paper: #ffffff; --ink: #1b2026; --quiet: #5a6572; --rule: #cfd6dd; --grid: #e6eaee; --wash: #f4f6f8;
    --accent: #1f5f99; --void: #e3e3e6;
    --s0: #2b6cb0; --s1: #d08400; --s2: #00a6a5; --s3: #730016; --s4: #282c65; --s5: #875f00;
    --s6: #b3446d; --s7: #9481e2;
    --on-s0: #ffffff; --on-s1: #000000; --on-s2: #000000; --on-s3: #ffffff; --on-s4: #ffffff; --on-s5: #ffffff;
    --on-s6: #ffffff; --on-s7: #000000;
    --h0: #f4f3ea; --h1: #cde5d2; --h2: #a6d7bd; --h3: #86c3bb; --h4: #65b0b9; --h5: #409cb5; --h6: #3685ad;
    --h7: #2f6ea3; --h8: #295798; --h9: #254481; --h10: #20316b; --h11: #1a1f55;
}
@media screen and (prefers-color-scheme: dark) {
    :root {
        --paper: #14181d; --ink: #e4e8ec; --quiet: #9aa5b1; --rule: #3a434d; --grid: #2a313a; --wash: #1c2229;
        --accent: #7db8ee; --void: #3d3d42;
        --s0: #6fb3f2; --s1: #ffd970; --s2: #008691; --s3: #b25021; --s4: #b2eaff; --s5: #c5a924;
        --s6: #ff9c9c; --s7: #9873d8;
        --on-s0: #000000; --on-s1: #000000; --on-s2: #000000; --on-s3: #ffffff; --on-s4: #000000; --on-s5: #000000;
        --on-s6: #000000; --on-s7: #000000;
        --h0: #222a33; --h1: #273957; --h2: #2b477d; --h3: #2e5b90; --h4: #2f719c; --h5: #2f88a8; --h6:
        #499ea7; --h7: #62b3a4; --h8: #7bc89f; --h9: #a9d7a5; --h10: #d4e5ab; --h11: #fdf3b0;
    }
}
* { box-sizing: border-box; }
body {
    margin: 0; background: var(--paper); color: var(--ink);
    font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
    overflow-wrap: break-word; -webkit-text-size-adjust: 100%;
}
main { max-width: 50rem; margin: 0 auto; padding: 3rem 1rem 5rem; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 0.6rem; text-wrap: balance; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 3.2rem 0 0.8rem; }
h3 { font-size: 1.08rem; line-height: 1.35; margin: 2rem 0 0.5rem; }
p { margin: 0 0 1rem; max-width: 42rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
.lede { font-size: 1.18rem; line-height: 1.5; color: var(--quiet); }
.note { border-left: 3px solid var(--accent); background: var(--wash); padding: 0.7rem 1rem; }
nav ol { margin: 1.6rem 0 0; padding: 0.8rem 0; border: solid var(--rule); border-width: 1px 0; list-style: none;
    display: flex; flex-wrap: wrap; gap: 0.3rem 1.6rem; font-size: 0.94rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1.5rem; margin: 0 0 1.2rem; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 0 0 1.4rem; }
table { border-collapse: collapse; font-size: 0.92rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.5rem; }
.title, .remark { display: block; }
.title, figcaption strong { font-weight: 600; }
.remark { color: var(--quiet); font-size: 0.92rem; }
th, td { padding: 0.36rem 0.6rem; border-bottom: 1px solid var(--grid); vertical-align: baseline; text-align: left; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
th { font-weight: 600; border-bottom: 1.5px solid var(--ink); vertical-align: bottom; }
.right { text-align: right; }
td.right, td.number { white-space: nowrap; }
.left:first-child { min-width: min(9.5rem, 34vw); }
.interval, .method { color: var(--quiet); font-size: 0.92em; }
figure { margin: 2rem 0 2.4rem; }
figcaption { margin-bottom: 0.9rem; }
.nodata { color: var(--quiet); background: var(--wash); padding: 2rem 1rem; text-align: center; max-width: none; }
.data { font-size: 0.92rem; margin-top: 0.5rem; }
.data summary { color: var(--quiet); cursor: pointer; width: max-content; max-width: 100%; padding: 0.2rem 0; }
.data .scroll { max-height: 30rem; overflow: auto; margin-top: 0.4rem; }

h4 { font-size: 1rem; line-height: 1.35; margin: 0 0 0.2rem; }
summary { cursor: pointer; border-radius: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.folded { margin: 1rem 0; border-left: 3px solid var(--rule); padding-left: 0.9rem; }
.folded > summary { padding: 0.2rem 0; }
.exchange { border-top: 1px solid var(--rule); }
.exchange + :not(.exchange) { border-top: 1px solid var(--rule); padding-top: 1rem; }
.exchange > summary { padding: 0.55rem 0; }
.exchange[open] { padding-bottom: 1.4rem; }
.prompt { border-left: 3px solid var(--accent); background: var(--wash); padding: 0.7rem 1rem; margin: 0 0 1.2rem; }
.answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); gap: 1.6rem; }
.answer { min-width: 0; }
.answer .remark { margin: 0 0 0.6rem; }
.written { white-space: pre-wrap; overflow-wrap: anywhere; overflow: hidden; line-height: 1.5; }
.thought { margin: 0 0 0.8rem; font-size: 0.92rem; }
.thought summary { color: var(--quiet); }
.thinking { border-left: 1px solid var(--rule); padding: 0.3rem 0 0.3rem 0.8rem; margin-top: 0.3rem; }

svg { display: block; max-width: 100%; height: auto; font-size: 12px; overflow: visible; }
svg.narrow, .onpaper { display: none; }
text { fill: var(--ink); stroke: none; font-variant-numeric: tabular-nums; }
.tick { fill: var(--quiet); }
.axis { fill: var(--quiet); font-style: normal; }
.rooflabel { fill: var(--quiet); }
.grid { stroke: var(--grid); }
.base { stroke: var(--quiet); }
.roof { stroke: var(--quiet); stroke-width: 1.5; }
.leader { stroke: var(--quiet); stroke-width: 0.75; }
.whisker { stroke: var(--ink); stroke-width: 1.5; }
.whisker.halo { stroke: var(--paper); stroke-width: 3.5; }
text.halo { stroke: var(--paper); stroke-width: 3; paint-order: stroke; stroke-linejoin: round; }
.s0 { fill: var(--s0); stroke: var(--s0); }
.s1 { fill: var(--s1); stroke: var(--s1); }
.s2 { fill: var(--s2); stroke: var(--s2); }
.s3 { fill: var(--s3); stroke: var(--s3); }
.s4 { fill: var(--s4); stroke: var(--s4); }
.s5 { fill: var(--s5); stroke: var(--s5); }
.s6 { fill: var(--s6); stroke: var(--s6); }
.s7 { fill: var(--s7); stroke: var(--s7); }
rect[class^="s"] { stroke: none; }
.on-s0 { fill: var(--on-s0); }
.on-s1 { fill: var(--on-s1); }
.on-s2 { fill: var(--on-s2); }
.on-s3 { fill: var(--on-s3); }
.on-s4 { fill: var(--on-s4); }
.on-s5 { fill: var(--on-s5); }
.on-s6 { fill: var(--on-s6); }
.on-s7 { fill: var(--on-s7); }
.bar { stroke: var(--paper); stroke-width: 1; }
.mark { stroke: var(--paper); stroke-width: 1.5; paint-order: stroke; }
.small { stroke: none; }
.span { stroke: var(--quiet); }
.faint { stroke: var(--rule); stroke-width: 0.6; }
.thin { stroke-width: 1.25; }
.front { fill: none; stroke: var(--quiet); stroke-width: 1.25; stroke-dasharray: 5 3; }
.whole { fill: var(--quiet); }
.rise { fill: var(--s3); stroke: var(--s3); stroke-linejoin: round; }
.fall { fill: var(--s0); stroke: var(--s0); stroke-linejoin: round; }
.pale { fill-opacity: 0.2; }
.point { fill-opacity: 0.55; }
.line { fill: none; stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; }
.dot { stroke-width: 5; }
.band { stroke: none; fill-opacity: 0.18; }
.void { fill: var(--void); }
.cells { fill: none; shape-rendering: crispEdges; }
.h0 { stroke: var(--h0); } .f0 { fill: var(--h0); }
.h1 { stroke: var(--h1); } .f1 { fill: var(--h1); }
.h2 { stroke: var(--h2); } .f2 { fill: var(--h2); }
.h3 { stroke: var(--h3); } .f3 { fill: var(--h3); }
.h4 { stroke: var(--h4); } .f4 { fill: var(--h4); }
.h5 { stroke: var(--h5); } .f5 { fill: var(--h5); }
.h6 { stroke: var(--h6); } .f6 { fill: var(--h6); }
.h7 { stroke: var(--h7); } .f7 { fill: var(--h7); }
.h8 { stroke: var(--h8); } .f8 { fill: var(--h8); }
.h9 { stroke: var(--h9); } .f9 { fill: var(--h9); }
.h10 { stroke: var(--h10); } .f10 { fill: var(--h10); }
.h11 { stroke: var(--h11); } .f11 { fill: var(--h11); }

@media screen and (max-width: 47rem) {
    main { padding-top: 1.6rem; }
    h1 { font-size: 1.6rem; }
    svg.wide { display: none; }
    svg.narrow { display: block; width: 100%; max-width: 33rem; }
    .facts { grid-template-columns: 1fr; gap: 0; }
    .facts dd { margin-bottom: 0.5rem; }
}
@media print {
    @page { margin: 18mm 16mm; }
    body { font-size: 10pt; }
    main { max-width: none; padding: 0; }
    nav, .data summary, .unprinted { display: none; }
    details.data::details-content, details.exchange::details-content, details.folded::details-content {
        content-visibility: visible; display: block; height: auto;
    }
    .thinking { display: none; }
    .exchange > summary { list-style: none; font-weight: 600; break-after: avoid; }
    .scroll, .data .scroll { overflow: visible; max-height: none; }
    h2, h3, figcaption, caption { break-after: avoid; }
    .onpaper { display: block; }
    svg, figcaption, tr, .note, .facts { break-inside: avoid; }
    a { color: inherit; }
}
)css";

}  // namespace ergon::report
