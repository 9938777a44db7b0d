/* page.c - style and script of the page. The script only sorts tables, filters columns and opens what a link
 * points at: without it everything is there. Its hash stands in the page's content policy, so no other script
 * can run even if a text of the data came through unescaped (tests/unit/prep/test_profile_html.c computes it
 * again). */
#include "profile/html.h"

const char page_style[] =
    ":root{color-scheme:light dark;--bg:#fff;--panel:#f5f7f9;--ink:#1b2530;--mute:#55606c;--line:#d5dbe1;--c1:#1f6fb4;"
    "--c2:#C25400;--c5:#6b7280;--crit:#b3261e;--warn:#8a5a00}"
    "@media(prefers-color-scheme:dark){:root{--bg:#14181d;--panel:#1d232a;--ink:#e8edf2;--mute:#a5b0bb;--line:#38424d;"
    "--c1:#3d9be0;--c2:#ff8c42;--c5:#6f7a85;--crit:#ff9a8f;--warn:#f0c060}}"
    "*{box-sizing:border-box}body{margin:0 auto;padding:0 1rem 3rem;max-width:76rem;background:var(--bg);color:var(--ink);"
    "font:16px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}"
    "h1{font-size:1.4rem;margin:1rem 0 .3rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin:1.6rem 0 .5rem}h3{font-size:1rem;margin:.8rem 0 .3rem}"
    "a{color:var(--c1)}nav{position:sticky;top:0;z-index:2;background:var(--bg);border-bottom:1px solid var(--line);"
    "display:flex;gap:1rem;overflow-x:auto;padding:.4rem 0}nav a{padding:.35rem 0;white-space:nowrap}"
    ".skip{position:absolute;left:-99rem}.skip:focus{left:1rem}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.5rem;margin:.5rem 0}"
    ".tiles div{background:var(--panel);border-radius:.4rem;padding:.4rem .7rem}.tiles b{display:block;font-size:1.2rem}"
    ".tiles span,.mute{color:var(--mute);font-size:.85rem}"
    "ul.alerts{list-style:none;padding:0;margin:0}ul.alerts li{border-left:4px solid var(--c5);background:var(--panel);"
    "padding:.4rem .7rem;margin:.35rem 0;overflow-wrap:anywhere}li.l2{border-color:var(--crit)!important}li.l1{border-color:var(--warn)!important}"
    ".l2>strong{color:var(--crit)}.l1>strong{color:var(--warn)}.fix{display:block;color:var(--mute);font-size:.9rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}caption{text-align:left;color:var(--mute);font-size:.85rem;padding:.2rem 0}"
    "th,td{padding:.25rem .5rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;vertical-align:middle}"
    "th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:9rem;max-width:20rem;position:sticky;left:0;background:var(--bg)}"
    "td.t,th.t{text-align:left}td.w{white-space:normal;overflow-wrap:anywhere;text-align:left}"
    "th button{font:inherit;font-weight:600;color:inherit;background:none;border:0;padding:.3rem 0;cursor:pointer;min-height:2.75rem}"
    "th[aria-sort=ascending] button:after{content:' \\2191'}th[aria-sort=descending] button:after{content:' \\2193'}"
    ":focus-visible{outline:3px solid var(--c2);outline-offset:2px}"
    "svg{display:block;width:100%;color:var(--ink)}svg.s{width:120px;height:24px}svg text{fill:var(--mute);font-size:11px}"
    "details{background:var(--panel);border-radius:.4rem;margin:.5rem 0;padding:.2rem .8rem;content-visibility:auto;contain-intrinsic-size:auto 260px}"
    "details table td:first-child,details table th:first-child{background:var(--panel)}"
    "details:not([open]){contain-intrinsic-size:auto 44px}summary{cursor:pointer;min-height:2.75rem;padding:.5rem 0;overflow-wrap:anywhere}"
    "summary b{margin-right:.6rem}.cols{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1rem}"
    "dl{display:grid;grid-template-columns:auto auto;gap:.1rem 1rem;margin:.3rem 0;font-size:.92rem;align-content:start}dt{color:var(--mute)}dd{margin:0;text-align:right;overflow-wrap:anywhere}"
    ".bar{display:inline-block;height:.7rem;background:var(--c1);vertical-align:middle;min-width:1px}"
    "input[type=search]{font:inherit;padding:.5rem;width:100%;max-width:24rem;background:var(--panel);color:var(--ink);border:1px solid var(--line);border-radius:.4rem}"
    "[hidden]{display:none!important}"
    "@media(max-width:640px){.o{display:none}body{padding:0 .6rem 2rem}th,td{padding:.25rem .35rem}}"
    "@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}"
    "@media print{:root{color-scheme:light;--bg:#fff;--panel:#fff;--ink:#000;--mute:#444;--line:#bbb;--c1:#1f6fb4;--c2:#C25400}"
    "nav,input,.skip{display:none!important}details{break-inside:avoid;content-visibility:visible}details::details-content{content-visibility:visible}"
    "tr,li{break-inside:avoid}.wide{overflow:visible}th:first-child,td:first-child{position:static}}";

const char page_script[] =
    "(()=>{const q=(s,e=document)=>[...e.querySelectorAll(s)];"
    "for(const t of q('table.s'))for(const b of q('th button',t))b.onclick=()=>{"
    "const c=b.parentNode,i=c.cellIndex,y=t.tBodies[0],d=c.getAttribute('aria-sort')=='ascending'?-1:1;"
    "q('th',t).forEach(x=>x.removeAttribute('aria-sort'));"
    "c.setAttribute('aria-sort',d>0?'ascending':'descending');"
    "const k=r=>{const e=r.cells[i],v=e.dataset.v??e.textContent;return v===''?null:e.dataset.v!==undefined?+v:v};"
    "[...y.rows].map(r=>[k(r),r]).sort((a,b)=>(a[0]===null)-(b[0]===null)||d*(a[0]<b[0]?-1:a[0]>b[0]?1:0))"
    ".forEach(x=>y.append(x[1]))};"
    "const f=document.getElementById('f');if(f){f.hidden=false;f.oninput=()=>{const w=f.value.toLowerCase();"
    "for(const e of q('[data-n]'))e.hidden=!e.dataset.n.includes(w)}}"
    "const o=()=>{const e=document.getElementById(location.hash.slice(1));if(e&&e.tagName=='DETAILS')e.open=true};"
    "onhashchange=o;o();onbeforeprint=()=>q('details').forEach(e=>e.open=true)})()";

const char page_script_hash[] = "i1w21UrHADn6/FzJih3IDRO5DNkoLFG8ZzC76IXOZG0=";
