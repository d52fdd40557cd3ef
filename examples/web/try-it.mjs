// The client of the servers in this folder, which they become with --try.

/**
 * Asks for an answer and prints it, leaves another in its middle, and asks for more than the queue takes.
 *
 * @param {string} url
 * @param {import('tramontane').Model} model
 */
export async function tryIt(url, model) {
  const answer = await ask(url, 'Name three colours.');
  console.log(answer.headers.get('content-type'));
  process.stdout.write('the answer: ');
  for await (const text of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) process.stdout.write(text);
  process.stdout.write('\n');

  const client = new AbortController();
  const left = await ask(`${url}?format=sse`, 'Tell me a very long story.', { maxOutputTokens: 2000 }, client.signal);
  await left.body?.getReader().read();
  client.abort();
  while (model.metrics().liveSequences > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const { abortedSequences, liveSequences } = model.metrics();
  console.log(`left in the middle: ${abortedSequences} aborted, ${liveSequences} live`);

  const chunks = await (await ask(`${url}?format=openai-sse`, 'Hello!')).text();
  console.log(`OpenAI's chunks end with ${chunks.trim().split('\n').at(-1)}`);

  const crowd = await Promise.all(Array.from({ length: 64 }, () => ask(url, 'Name a colour.')));
  const refused = crowd.find(({ status }) => status === 429);
  console.log(`at once: ${refused?.status}, retry after ${refused?.headers.get('retry-after')} s`);
  await Promise.all(crowd.map((response) => response.text()));

  const wrong = await ask(url, 'Hello!', { temperature: -1 });
  console.log(`temperature -1: ${wrong.status}, ${(await wrong.json()).error.field}`);
}

/**
 * @param {string} url
 * @param {string} content
 * @param {object} [options]
 * @param {AbortSignal} [signal]
 */
function ask(url, content, options, signal) {
  const body = JSON.stringify({ messages: [{ role: 'user', content }], maxOutputTokens: 12, ...options });
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal });
}
