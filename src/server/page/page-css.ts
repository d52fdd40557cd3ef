/** How the page looks, in the light and in the dark. */
export const pageCss = `:root {
  color-scheme: light dark;
  --ground: #fcfcfb; --side: #f3f3f0; --raised: #ffffff; --line: #dededa; --text: #1c1f21; --soft: #63696d;
  --accent: #17607a; --on-accent: #ffffff; --own: #e4eef2; --code: #f4f4f1; --bad: #a1261d; --bad-ground: #fbeae8;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181a; --side: #101314; --raised: #1d2123; --line: #31373a; --text: #e6e8e8; --soft: #9aa2a6;
    --accent: #6cbad6; --on-accent: #0b1c23; --own: #20343d; --code: #0f1213; --bad: #ff9d92; --bad-ground: #35201e;
  }
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: flex; background: var(--ground); color: var(--text); overflow: hidden; }
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999px; z-index: 9; padding: .5rem 1rem; background: var(--raised); }
.skip:focus { left: .5rem; top: .5rem; }
.noscript { position: absolute; inset: 40% 0 auto; text-align: center; }
.fine { font-size: .8rem; color: var(--soft); font-weight: 400; }
.spring { flex: 1; }
.row { display: flex; gap: .5rem; align-items: center; }

button, select, input, textarea { font: inherit; color: inherit; }
button { border: 1px solid var(--line); border-radius: .6rem; background: var(--raised); padding: .35rem .8rem; cursor: pointer; }
button:hover { border-color: var(--accent); }
button.quiet { border-color: transparent; background: none; color: var(--soft); }
button.quiet:hover { color: var(--text); background: color-mix(in srgb, var(--text) 7%, transparent); }
button.primary, #send { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
button:disabled { opacity: .45; cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
input, textarea, select { border: 1px solid var(--line); border-radius: .6rem; background: var(--raised); padding: .4rem .6rem; }

#sidebar { width: 16rem; flex: none; display: flex; flex-direction: column; gap: .6rem; padding: .8rem; background: var(--side); border-right: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: .6rem; font-weight: 650; padding: .2rem .3rem; letter-spacing: .01em; }
.wide { text-align: left; }
#conversations { list-style: none; margin: 0 -.3rem; padding: 0 .3rem; overflow-y: auto; flex: 1; }
#conversations li { display: flex; border-radius: .6rem; margin-bottom: 2px; }
#conversations li:hover, #conversations li.current { background: color-mix(in srgb, var(--text) 8%, transparent); }
#conversations button { border: 0; background: none; border-radius: .6rem; }
#conversations .open { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: left; padding: .35rem .6rem; font-size: .92rem; }
#conversations .remove { color: var(--soft); padding: .2rem .6rem; opacity: 0; }
#conversations li:hover .remove, #conversations li.current .remove, #conversations .remove:focus-visible { opacity: 1; }
#shade { display: none; }

main { flex: 1; min-width: 0; display: flex; flex-direction: column; height: 100dvh; }
header { display: flex; align-items: center; gap: .4rem; padding: .5rem .8rem; }
#open-sidebar { display: none; font-size: 1.1rem; padding: .2rem .6rem; }
.model { min-width: 0; }
#model { max-width: 100%; border-color: transparent; background: none; font-weight: 600; text-overflow: ellipsis; cursor: pointer; }
#model option { background: var(--raised); }
#model:hover { border-color: var(--line); }
#scroller { flex: 1; overflow-y: auto; overflow-x: hidden; padding: 0 1rem; overflow-anchor: none; }
#scroller:focus-visible { outline-offset: -2px; }
#empty { text-wrap: balance; max-width: 32rem; margin: 22vh auto 0; text-align: center; color: var(--soft); }
#empty h1 { color: var(--text); font-size: 1.6rem; font-weight: 600; margin: 1rem 0 .3rem; }
#empty p { margin: 0; }
#messages { list-style: none; max-width: 46rem; margin: 0 auto; padding: 1rem 0 2rem; }
#messages > li { margin: 0 0 1.4rem; min-width: 0; }

.message.user { display: flex; flex-direction: column; align-items: flex-end; }
.message.user .bubble { background: var(--own); border-radius: 1.1rem 1.1rem .3rem 1.1rem; padding: .55rem 1rem; max-width: 85%; white-space: pre-wrap; overflow-wrap: anywhere; }
.message .actions { display: flex; flex-wrap: wrap; gap: .1rem; align-items: center; margin-top: .2rem; min-height: 1.9rem; color: var(--soft); font-size: .8rem; }
.message .actions button { font-size: .8rem; padding: .15rem .5rem; }
.message .figures { padding: 0 .5rem; font-variant-numeric: tabular-nums; }
.message.assistant .actions { margin-left: -.5rem; }
@media (hover: hover) {
  .message.user .actions { opacity: 0; }
  .message.user:hover .actions, .message.user:focus-within .actions, .message.user.last .actions { opacity: 1; }
}
.message.user form { width: 100%; }
.message.user form textarea { width: 100%; resize: vertical; min-height: 5rem; }
.note { color: var(--soft); font-size: .85rem; margin: .3rem 0; }
.problem { color: var(--bad); background: var(--bad-ground); border-radius: .6rem; padding: .6rem .9rem; margin: .4rem 0; overflow-wrap: anywhere; }
.problem code { background: none; color: inherit; opacity: .8; }
.waiting::before { content: ""; display: inline-block; width: .6rem; height: .6rem; border-radius: 50%; background: var(--accent); animation: breathe 1.2s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: .25; transform: scale(.75); } }

details { border: 1px solid var(--line); border-radius: .7rem; margin: .4rem 0 .8rem; background: color-mix(in srgb, var(--raised) 60%, transparent); }
summary { cursor: pointer; padding: .4rem .8rem; color: var(--soft); font-size: .9rem; overflow-wrap: anywhere; }
summary code { color: var(--text); }
details .inside { padding: 0 .9rem .6rem; color: var(--soft); font-size: .92rem; }
details.reasoning .inside { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 24rem; overflow-y: auto; }
details label { display: block; font-size: .85rem; }
details label textarea { display: block; width: 100%; margin: .2rem 0 .5rem; }

.markdown { overflow-wrap: anywhere; }
.markdown > :first-child { margin-top: 0; }
.markdown > :last-child { margin-bottom: 0; }
.markdown p, .markdown ul, .markdown ol, .markdown blockquote, .markdown table { margin: .7rem 0; }
.markdown :is(h3, h4, h5, h6) { font-size: 1.05rem; line-height: 1.35; margin: 1.3rem 0 .5rem; }
.markdown .level1 { font-size: 1.35rem; }
.markdown .level2 { font-size: 1.2rem; }
.markdown ul, .markdown ol { padding-left: 1.5rem; }
.markdown li > ul, .markdown li > ol, .markdown li > p { margin: .2rem 0; }
.markdown blockquote { border-left: 3px solid var(--line); padding-left: .9rem; margin-left: 0; color: var(--soft); }
.markdown hr { border: 0; border-top: 1px solid var(--line); margin: 1.2rem 0; }
.markdown a { color: var(--accent); }
.markdown .table { overflow-x: auto; }
.markdown table { border-collapse: collapse; overflow-wrap: normal; }
.markdown th, .markdown td { border: 1px solid var(--line); padding: .3rem .7rem; text-align: left; }
.markdown th { background: var(--side); font-weight: 600; }
code { font-family: var(--mono); font-size: .87em; background: var(--code); border-radius: .3rem; padding: .1em .35em; }
.code { font-family: var(--mono); font-size: .87rem; }
figure { margin: .8rem 0; border: 1px solid var(--line); border-radius: .7rem; overflow: hidden; background: var(--code); }
figcaption { display: flex; align-items: center; justify-content: space-between; min-height: 2.1rem; padding: .1rem .4rem .1rem .9rem; font-size: .8rem; color: var(--soft); border-bottom: 1px solid var(--line); background: var(--side); }
figcaption button { font-size: .8rem; padding: .1rem .5rem; }
pre { margin: 0; padding: .8rem .9rem; overflow-x: auto; line-height: 1.5; tab-size: 4; }
pre code { background: none; padding: 0; font-size: .86rem; }

.dock { position: relative; padding: 0 1rem .6rem; }
#composer { display: flex; align-items: flex-end; gap: .5rem; max-width: 46rem; margin: 0 auto; padding: .45rem; border: 1px solid var(--line); border-radius: 1.1rem; background: var(--raised); box-shadow: 0 2px 14px rgb(0 0 0 / 6%); }
#composer:focus-within { border-color: var(--accent); }
#prompt { flex: 1; min-width: 0; border: 0; background: none; resize: none; max-height: 40dvh; padding: .3rem .6rem; outline: none; }
#send, #stop { border-radius: .8rem; min-width: 4.6rem; }
#notice { max-width: 46rem; margin: 0 auto .6rem; }
#hint { text-align: center; margin: .45rem 0 0; }
#to-end { position: absolute; top: -2.8rem; left: 50%; translate: -50%; border-radius: 2rem; font-size: .85rem; box-shadow: 0 2px 10px rgb(0 0 0 / 12%); }

dialog { border: 1px solid var(--line); border-radius: 1rem; background: var(--ground); color: var(--text); width: min(34rem, calc(100vw - 2rem)); padding: 1.2rem 1.4rem; }
dialog::backdrop { background: rgb(0 0 0 / 45%); }
dialog h2 { margin: 0 0 .8rem; font-size: 1.15rem; }
dialog label { display: block; margin: .8rem 0; font-size: .9rem; }
dialog label textarea, dialog label input { display: block; width: 100%; margin-top: .25rem; font-size: .95rem; }
dialog textarea { resize: vertical; }
fieldset { border: 0; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 0 .8rem; }
legend { font-size: .9rem; font-weight: 600; padding: 0; }
fieldset label { margin: .45rem 0; }

@media (max-width: 48rem) {
  #sidebar { position: fixed; inset: 0 auto 0 0; z-index: 5; width: min(18rem, 85vw); visibility: hidden; translate: -100%; transition: translate .18s, visibility .18s; }
  body.sidebar #sidebar { visibility: visible; translate: none; transition: translate .18s; }
  body.sidebar #shade { display: block; position: fixed; inset: 0; z-index: 4; background: rgb(0 0 0 / 45%); }
  #open-sidebar { display: block; }
  #conversations .remove { opacity: 1; }
  #hint { display: none; }
  .message.user .bubble { max-width: 92%; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
`;
