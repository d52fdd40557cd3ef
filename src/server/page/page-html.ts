import { textFile } from './page-files.ts';
import type { PageFile } from './page-files.ts';
import { pageFolder } from './page-path.ts';

/** The page itself. Its addresses are relative, so that it also works below the prefix of a proxy or a framework. */
export function pageHtml(pagePath: string): PageFile {
  const folder = pageFolder(pagePath).split('/').at(-1) ?? '';
  const root = '../'.repeat(pagePath.split('/').length - 2) || './';
  return textFile('text/html', `<!doctype html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>tramontane</title>
<link rel="icon" href="${folder}/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${folder}/page.css">
<script type="module" src="${folder}/app.js"></script>
</head>
<body>
<noscript><p class="noscript">This page needs JavaScript. The API below /v1 does not.</p></noscript>
<a class="skip" href="#prompt">Skip to the message field</a>
<nav id="sidebar" aria-label="Conversations">
  <div class="brand"><img src="${folder}/icon.svg" alt="" width="26" height="26"><span>tramontane</span></div>
  <button type="button" id="new-chat" class="wide">New conversation</button>
  <ul id="conversations"></ul>
  <p class="fine">Conversations are kept in this browser only.</p>
</nav>
<div id="shade"></div>
<main>
  <header>
    <button type="button" id="open-sidebar" class="quiet" aria-label="Conversations" aria-controls="sidebar" aria-expanded="false">☰</button>
    <label class="model"><span class="hidden">Model</span><select id="model"></select></label>
    <span class="spring"></span>
    <button type="button" id="open-key" class="quiet" hidden>Key</button>
    <button type="button" id="open-settings" class="quiet">Settings</button>
  </header>
  <div id="scroller" role="region" aria-label="Conversation" tabindex="0">
    <section id="empty">
      <img src="${folder}/icon.svg" alt="" width="56" height="56">
      <h1>What would you like to ask?</h1>
      <p>This page talks to this server and to nobody else.</p>
    </section>
    <ol id="messages" aria-label="Messages"></ol>
  </div>
  <div class="dock">
    <p id="notice" class="problem" role="alert" hidden>This browser has no room left for this conversation: it is gone when the page is closed. Deleting others makes room.</p>
    <button type="button" id="to-end" hidden>↓ Latest</button>
    <form id="composer">
      <label class="hidden" for="prompt">Message</label>
      <textarea id="prompt" rows="1" placeholder="Message the model" aria-describedby="hint"></textarea>
      <button type="submit" id="send">Send</button>
      <button type="button" id="stop" hidden>Stop</button>
    </form>
    <p id="hint" class="fine">Enter sends · Shift+Enter starts a line · Escape stops</p>
  </div>
</main>
<p id="status" role="status" class="hidden"></p>
<dialog id="settings" aria-labelledby="settings-title">
  <form method="dialog">
    <h2 id="settings-title">Settings</h2>
    <label>System prompt<textarea name="system" rows="4" placeholder="None"></textarea></label>
    <fieldset>
      <legend>Sampling <span class="fine">what is left empty is up to the server</span></legend>
      <label>Temperature<input name="temperature" type="number" min="0" max="2" step="any" inputmode="decimal"></label>
      <label>Top p<input name="top_p" type="number" min="0" max="1" step="any" inputmode="decimal"></label>
      <label>Top k<input name="top_k" type="number" min="0" step="1"></label>
      <label>Min p<input name="min_p" type="number" min="0" max="1" step="any" inputmode="decimal"></label>
      <label>Repetition penalty<input name="repetition_penalty" type="number" min="0" step="any" inputmode="decimal"></label>
      <label>Most tokens<input name="max_completion_tokens" type="number" min="1" step="1"></label>
      <label>Seed<input name="seed" type="number" min="0" step="1"></label>
    </fieldset>
    <label>Tools <span class="fine">as OpenAI has them: a JSON array; you answer the calls by hand</span>
      <textarea name="tools" rows="4" spellcheck="false" class="code" placeholder='[{ "type": "function", "function": { "name": "…", "parameters": { … } } }]'></textarea></label>
    <p id="settings-problem" class="problem" role="alert" hidden></p>
    <div class="row"><button type="button" id="reset-settings" class="quiet">Reset</button><span class="spring"></span><button type="submit" class="primary">Done</button></div>
  </form>
</dialog>
<dialog id="key" aria-labelledby="key-title">
  <form method="dialog">
    <h2 id="key-title">This server asks for a key</h2>
    <p id="key-problem" class="problem" role="alert" hidden>The server did not take this key.</p>
    <label>API key<input name="key" type="password" autocomplete="off" spellcheck="false"></label>
    <p class="fine">Kept until this tab is closed, and sent to this server only.</p>
    <div class="row"><button type="button" id="cancel-key" class="quiet">Cancel</button><span class="spring"></span><button type="submit" value="use" class="primary">Use key</button></div>
  </form>
</dialog>
</body>
</html>
`);
}
