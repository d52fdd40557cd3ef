import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { TramontaneError } from '../../../src/index.ts';
import { createHandler } from '../../../src/server/index.ts';
import type { ServerOptions } from '../../../src/server/index.ts';
import { scriptedModel } from '../../../src/testing/index.ts';
import type { Script } from '../../../src/testing/index.ts';
import { launchChromium, noBrowser } from '../../support/browser/launch-chromium.ts';
import { openPage } from '../../support/browser/open-page.ts';
import { PlayedModel } from '../../support/server/played-model.ts';
import { serve } from '../../support/server/serve.ts';

const tool = { type: 'function', function: { name: 'get_wind', parameters: { type: 'object' } } };
const call = '<tool_call>\n{"name": "get_wind", "arguments": {"city": "Perpignan"}}\n</tool_call>';

describe.skipIf(noBrowser !== undefined)(`the page in a browser${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  }, 60_000);
  afterAll(async () => browser?.close());

  const open = async (models: ServerOptions['models'], options: Omit<ServerOptions, 'models'> = {}) => {
    const { url } = await serve({ models, ...options });
    return openPage(browser, url);
  };
  const openScripted = async (...replies: Script['replies']) => {
    const model = await scriptedModel({ replies });
    onTestFinished(() => model.close());
    return { model, page: await open({ small: model }) };
  };

  it('streams a reply as it comes, and says how fast it came', async () => {
    const { page } = await openScripted({ text: 'word '.repeat(40), stepMs: 15 });
    await ask(page, 'Hi');
    await page.locator('.assistant[aria-busy=true] .markdown', { hasText: 'word word' }).waitFor();
    expect(await replied(page)).toBe('word '.repeat(40).trim());
    expect(await page.locator('.assistant .figures').textContent()).toMatch(/^201 tokens · [\d.]+ tokens\/s · first after \d+\.\d\d s · small$/);
    expect(await page.evaluate('document.activeElement.id')).toBe('prompt');
  });

  it('folds reasoning, and shows Markdown as such', async () => {
    const { page } = await openScripted('<think>Let me see.</think>It is **windy**:\n\n```js\nblow(1 < 2);\n```\n\n- one\n- two');
    await ask(page, 'Hi');
    await replied(page);
    const reasoning = page.locator('details.reasoning');
    expect(await reasoning.locator('.inside').isVisible()).toBe(false);
    await reasoning.locator('summary').click();
    expect(await reasoning.locator('.inside').innerText()).toBe('Let me see.');
    expect(await page.locator('.markdown strong').innerText()).toBe('windy');
    expect(await page.locator('.markdown pre').innerText()).toBe('blow(1 < 2);');
    expect(await page.locator('.markdown li').allInnerTexts()).toEqual(['one', 'two']);
  });

  it('leaves code that is still coming where it is, and copies all of it', async () => {
    const { page } = await openScripted({ text: `\`\`\`js\n${'x '.repeat(60)}\n\`\`\`\nDone.`, stepMs: 15 });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await ask(page, 'Hi');
    await page.locator('.assistant[aria-busy=true] pre', { hasText: 'x x' }).waitFor();
    await page.evaluate('window.figure = document.querySelector("figure")');
    await replied(page);
    expect(await page.evaluate('figure.isConnected && figure === document.querySelector("figure")')).toBe(true);
    await page.getByRole('button', { name: 'Copy code' }).click();
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('x '.repeat(60));
  });

  it('folds tool calls, and gives their results back', async () => {
    const { page } = await openScripted(call, 'A north wind.');
    await page.locator('#open-settings').click();
    await page.locator('[name=tools]').fill(JSON.stringify([tool]));
    await page.locator('#settings [type=submit]').click();
    await ask(page, 'Which wind?');
    await replied(page);
    const details = page.locator('details.tool-call');
    expect(await details.locator('summary').innerText()).toBe('Tool call get_wind');
    expect(await details.locator('pre').isVisible()).toBe(false);
    await details.locator('summary').click();
    expect(JSON.parse(await details.locator('pre').innerText())).toEqual({ city: 'Perpignan' });
    await details.locator('textarea').fill('tramontane');
    await page.locator('.send-results').click();
    expect(await replied(page)).toBe('A north wind.');
    expect(await details.locator('pre').allTextContents()).toEqual([expect.stringContaining('Perpignan'), 'tramontane']);
  });

  it.each(['Escape', 'the button'])('stops by %s, and the sequence is freed', async (by) => {
    const { page, model } = await openScripted({ text: 'x'.repeat(3000), stepMs: 10 });
    await ask(page, 'Hi');
    await page.locator('.assistant .markdown', { hasText: 'xxx' }).waitFor();
    expect(model.metrics().liveSequences).toBe(1);
    if (by === 'Escape') await page.keyboard.press('Escape');
    else await page.locator('#stop').click();
    await expect.poll(() => model.metrics().liveSequences).toBe(0);
    expect(await replied(page)).toMatch(/^x{3,2999}$/);
    expect(await page.locator('.assistant .note').innerText()).toBe('Stopped.');
    expect(await page.locator('#send').isVisible()).toBe(true);
  });

  it('generates the last reply anew', async () => {
    const { page } = await openScripted('First', 'Second');
    await ask(page, 'Hi');
    expect(await replied(page)).toBe('First');
    await page.locator('.regenerate').click();
    await page.locator('.assistant .markdown', { hasText: 'Second' }).waitFor();
    expect(await page.locator('.message').count()).toBe(2);
  });

  it('changes the last message, by the keyboard too, and keeps what was said before', async () => {
    const model = new PlayedModel([['One'], ['Two'], ['Three']]);
    const page = await open({ small: model });
    await ask(page, 'Hi');
    await replied(page);
    await page.locator('#prompt').fill('a');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('b');
    await page.keyboard.press('Enter');
    await page.locator('.assistant .markdown', { hasText: 'Two' }).waitFor();
    await page.locator('#prompt').press('ArrowUp');
    await page.locator('.user textarea').fill('c');
    await page.keyboard.press('Enter');
    await page.locator('.assistant .markdown', { hasText: 'Three' }).waitFor();
    expect(model.requests.map(({ messages }) => messages?.map(({ content }) => content))).toEqual([['Hi'], ['Hi', 'One', 'a\nb'], ['Hi', 'One', 'c']]);
  });

  it('sends what was set, and the model that was chosen', async () => {
    const models = { small: new PlayedModel([['s']]), large: new PlayedModel([['l']]) };
    const page = await open(models);
    await page.locator('#model').selectOption('large');
    await page.locator('#open-settings').click();
    await page.locator('[name=system]').fill('Be brief.');
    await page.locator('[name=temperature]').fill('0.5');
    await page.locator('[name=max_completion_tokens]').fill('7');
    await page.locator('#settings [type=submit]').click();
    await page.reload();
    await ask(page, 'Hi');
    expect(await replied(page)).toBe('l');
    expect(models.large.requests).toMatchObject([{ temperature: 0.5, maxOutputTokens: 7, messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hi' }] }]);
  });

  it('asks for a key where the server does, and keeps it for this tab only', async () => {
    const page = await open({ small: new PlayedModel() }, { apiKeys: ['right'] });
    const field = page.locator('#key input');
    await field.fill('wrong');
    await field.press('Enter');
    await page.locator('#key-problem').waitFor();
    await field.fill('right');
    await field.press('Enter');
    await page.locator('#model option', { hasText: 'small' }).waitFor({ state: 'attached' });
    await ask(page, 'Hi');
    expect(await replied(page)).toBe('Hello');
    await page.reload();
    await page.locator('#model option', { hasText: 'small' }).waitFor({ state: 'attached' });
    expect(await page.locator('#key').isVisible()).toBe(false);
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('right');
  });

  it('does without a key that nobody has, and says what the server said', async () => {
    const page = await open({ small: new PlayedModel() }, { apiKeys: ['right'] });
    await page.locator('#cancel-key').click();
    await ask(page, 'Hi');
    await page.locator('#key input').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('.problem code').innerText()).toBe('invalid_api_key');
  });

  it('says when the queue is full, and tries again when asked to', async () => {
    const page = await open({ small: new PlayedModel([[new TramontaneError('queue-full', 'two requests wait already', { retryAfterMs: 3000 })], ['Now.']]) });
    await ask(page, 'Hi');
    await replied(page);
    expect(await page.locator('.assistant .problem').innerText()).toBe('The server is busy: two requests wait already. Try again in 3 s. queue_full');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.assistant .markdown', { hasText: 'Now.' }).waitFor();
    expect(await page.locator('.problem:visible').count()).toBe(0);
  });

  it('keeps what has come of a reply that fails', async () => {
    const { page } = await openScripted({ text: 'Half of it and no more', failAfterTokens: 10 });
    await ask(page, 'Hi');
    expect(await replied(page)).toBe('Half of it');
    expect(await page.locator('.assistant .problem').innerText()).toBe('the engine failed engine_failed');
  });

  it('says when the server is gone', async () => {
    const { url, server } = await serve({ models: { small: new PlayedModel() } });
    const page = await openPage(browser, url);
    await page.locator('#model option', { hasText: 'small' }).waitFor({ state: 'attached' });
    await server.close();
    await ask(page, 'Hi');
    await replied(page);
    expect(await page.locator('.assistant .problem').innerText()).toBe('The server cannot be reached. unreachable');
  });

  it('leaves hostile output what it is: text', async () => {
    const hostile = [
      '<img src=x onerror="window.taken = 1"> <script>window.taken = 2</script> <b onclick="window.taken = 3">bold</b>',
      '[click](javascript:window.taken=4) [data](data:text/html,<script>window.taken=5</script>) <javascript:window.taken=6>',
      '![picture](http://127.0.0.1:9/leak.png) [web](https://example.org/?a=1&b="onclick=window.taken=7)',
      '| <svg onload=window.taken=8> | [x](JAVASCRIPT:alert(1)) |\n|---|---|\n| <iframe srcdoc="x"> | `</code><script>` |',
      '```"><script>window.taken = 9</script>\n</code></pre><script>window.taken = 10</script>\n```',
      '> '.repeat(300) + 'deep ' + '['.repeat(2000) + '*a '.repeat(2000) + '`'.repeat(999),
      'x'.repeat(300_000),
      '#'.repeat(50) + '&lt;img&gt; &#x3c;script&#x3e;',
    ].join('\n\n');
    const page = await open({ small: new PlayedModel([[{ type: 'reasoning-delta', delta: '<img src=x onerror="window.taken = 11">' }, hostile]]) });
    await ask(page, '<img src=x onerror="window.taken = 12">');
    expect(await replied(page)).toContain('<script>window.taken = 2</script>');
    expect(await page.evaluate('window.taken')).toBe(undefined);
    expect(await page.locator('#messages :is(img, script, iframe, svg, b, style, object, embed)').count()).toBe(0);
    const links = `Array.from(document.querySelectorAll('#messages a'), ({ href, rel, target }) => [href, rel, target].join(' '))`;
    expect(await page.evaluate(links)).toEqual(['http://127.0.0.1:9/leak.png noopener noreferrer nofollow _blank', 'https://example.org/?a=1&b=%22onclick=window.taken=7 noopener noreferrer nofollow _blank']);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth && document.querySelector("#scroller").scrollWidth <= innerWidth')).toBe(true);
    expect(await page.title()).toBe('tramontane');
  });

  it('could not run markup even if it were taken for such', async () => {
    const { url } = await serve({ models: { small: new PlayedModel() } });
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    const refused = await page.evaluate(`(() => {
      try { document.body.innerHTML = '<img src=x onerror="window.taken = 1">'; return 'taken'; } catch (error) { return error.name; }
    })()`);
    expect(refused).toBe('TypeError');
    await page.evaluate(`(() => {
      const script = document.createElement('script');
      try { script.text = 'window.taken = 2'; } catch { script.append('window.taken = 2'); }
      document.body.append(script);
    })()`).catch(() => undefined);
    expect(await page.evaluate('window.taken')).toBe(undefined);
  });

  it('survives a reload, in the middle of a reply too', async () => {
    const { page, model } = await openScripted('Hello.', { text: 'y'.repeat(3000), stepMs: 10 });
    await ask(page, 'Hi');
    await replied(page);
    await ask(page, 'Go on.');
    await page.locator('.assistant .markdown', { hasText: 'yyy' }).waitFor();
    await page.reload();
    await expect.poll(() => model.metrics().liveSequences).toBe(0);
    expect(await page.locator('.user .bubble').allInnerTexts()).toEqual(['Hi', 'Go on.']);
    const [first, second] = await page.locator('.assistant .markdown').allInnerTexts();
    expect(first).toBe('Hello.');
    expect(second).toMatch(/^y{3,2999}$/);
    expect(await page.locator('.assistant .note').innerText()).toBe('Stopped.');
  });

  it('says when the browser has no room for a conversation, and goes on', async () => {
    const page = await open({ small: new PlayedModel([['One'], ['Two']]) });
    await page.evaluate(`(() => {
      for (let size = 2 ** 22; size >= 1; size /= 2) {
        try { for (let count = 0; ; count += 1) localStorage.setItem('filled.' + size + '.' + count, 'x'.repeat(size)); } catch {}
      }
    })()`);
    await ask(page, 'Hi');
    expect(await replied(page)).toBe('One');
    expect(await page.locator('#notice').innerText()).toContain('no room');
    await page.evaluate('for (const key of Object.keys(localStorage)) if (key.startsWith("filled.")) localStorage.removeItem(key)');
    await ask(page, 'Again');
    expect(await replied(page)).toBe('Two');
    expect(await page.locator('#notice').isVisible()).toBe(false);
  });

  it('shows what another tab has said', async () => {
    const page = await open({ small: new PlayedModel() });
    const other = await page.context().newPage();
    await other.goto(page.url());
    await ask(other, 'From the other tab');
    await replied(other);
    await page.locator('#conversations .open', { hasText: 'From the other tab' }).click();
    expect(await replied(page)).toBe('Hello');
  });

  it('keeps several conversations, each with its own messages', async () => {
    const page = await open({ small: new PlayedModel([['One'], ['Two']]) });
    await ask(page, 'First question');
    await replied(page);
    await page.locator('#new-chat').click();
    expect(await page.locator('.message').count()).toBe(0);
    await ask(page, 'Second question');
    expect(await replied(page)).toBe('Two');
    expect(await page.locator('#conversations .open').allInnerTexts()).toEqual(['Second question', 'First question']);
    await page.locator('#conversations .open', { hasText: 'First' }).click();
    expect(await page.locator('.markdown').allInnerTexts()).toEqual(['One']);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Delete First question' }).click();
    expect(await page.locator('.markdown').allInnerTexts()).toEqual(['Two']);
    await page.reload();
    expect(await page.locator('#conversations .open').allInnerTexts()).toEqual(['Second question']);
  });

  it('tells screen readers when a reply begins and what it was, and nothing between', async () => {
    const { page } = await openScripted({ text: 'word '.repeat(20), stepMs: 5 });
    await page.evaluate(`(() => {
      window.told = [];
      new MutationObserver(() => told.push(document.querySelector('#status').textContent)).observe(document.querySelector('#status'), { childList: true });
    })()`);
    await ask(page, 'Hi');
    await replied(page);
    expect(await page.evaluate('told')).toEqual(['The model is answering.', `The model has answered. ${'word '.repeat(20)}`]);
    expect(await page.locator('[aria-live], [role=log], [role=status]').count()).toBe(1);
  });

  it('has the conversations behind a button where the screen is narrow', async () => {
    const { url } = await serve({ models: { small: new PlayedModel() } });
    const page = await openPage(browser, url, { viewport: { width: 360, height: 640 } });
    expect(await page.locator('#new-chat').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Conversations' }).click();
    await page.locator('#new-chat').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#new-chat').waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  it('works at another path, below a prefix', async () => {
    const handler = createHandler({ models: { small: new PlayedModel() }, page: '/ask/chat' });
    const http = createServer((request, response) => {
      request.url = request.url?.replace(/^\/llm/, '') ?? '/';
      handler.nodeListener(request, response);
    });
    await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await handler.close();
      http.closeAllConnections();
      http.close();
    });
    const page = await openPage(browser, `http://127.0.0.1:${(http.address() as AddressInfo).port}/llm/ask/chat/`);
    expect(new URL(page.url()).pathname).toBe('/llm/ask/chat');
    await ask(page, 'Hi');
    expect(await replied(page)).toBe('Hello');
  });
});

async function ask(page: Page, text: string): Promise<void> {
  await page.locator('#prompt').fill(text);
  await page.locator('#prompt').press('Enter');
}

/** The last reply, once it is over. */
async function replied(page: Page): Promise<string> {
  await page.locator('.message:last-child.assistant[aria-busy=false]').waitFor();
  return page.locator('.message:last-child .markdown').innerText();
}
