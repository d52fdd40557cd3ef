import { readFileSync, readdirSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loopback } from '../support/remote/loopback.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What an example is answered, request by request: the transcripts or JSON values that are played, or events as they are. */
interface Play {
  readonly args?: readonly string[];
  readonly answers: readonly (string | object)[];
  /** The path and query of each request. */
  readonly paths: readonly string[];
  readonly prints: string;
  /** What the last request has in it. */
  readonly sends: object;
}

const providers = ['vllm', 'llama.cpp', 'llama-cpp-python', 'lmstudio', 'mistralrs', 'deepseek', 'moonshot', 'zhipu', 'hunyuan'];

const chunk = (delta: object, finish_reason: string | null = null) => `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

const plays: Readonly<Record<string, readonly Play[]>> = {
  'openai.mjs': [
    {
      answers: ['openai-chat/plain'],
      paths: ['/chat/completions'],
      prints: 'The tramontane is a wind.\n\n12 tokens read (8 of them cached), 5 written (stop)',
      sends: { model: 'gpt-5-mini', max_completion_tokens: 1024 },
    },
  ],
  'openai-responses.mjs': [
    {
      answers: ['openai-responses/reasoning-summary'],
      paths: ['/responses'],
      prints: 'Bora.\n\n7 tokens written (stop)',
      sends: { reasoning: { summary: 'auto' } },
    },
  ],
  'anthropic.mjs': [
    {
      answers: ['anthropic/thinking-between', 'anthropic/plain'],
      paths: ['/v1/messages', '/v1/messages'],
      prints: 'Let me look.\nweather({"city":"Genova"})\nThe levante.',
      sends: {
        messages: [
          {},
          { content: [{ signature: 'c2lnMQ==' }, { text: 'Let me look.' }, { signature: 'c2lnMg==' }, { type: 'tool_use' }] },
          { content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }] },
        ],
      },
    },
  ],
  'gemini.mjs': [
    {
      answers: ['gemini/json'],
      paths: ['/models/gemini-2.5-flash:streamGenerateContent?alt=sse'],
      prints: '{"wind":"ostro","from":"south"}\n\nIt is the ostro.',
      sends: { generationConfig: { responseMimeType: 'application/json' } },
    },
  ],
  'ollama.mjs': [
    {
      answers: [{ models: [{ name: 'llama3.2:latest' }] }, 'ollama/plain'],
      paths: ['/api/tags', '/api/chat'],
      prints: 'installed: llama3.2:latest\n\nThe sirocco.',
      sends: { model: 'llama3.2', options: { num_predict: 128, seed: 1 } },
    },
  ],
  'openai-compatible.mjs': providers.map((provider) => ({
    args: [`${provider}:any`],
    answers: ['openai-chat/reasoning-content'],
    paths: ['/chat/completions'],
    prints: 'Mistral.',
    sends: { model: 'any', [provider === 'moonshot' ? 'max_completion_tokens' : 'max_tokens']: 512, stream: true },
  })),
  'embeddings.mjs': [
    {
      answers: [{ data: [[1, 0], [0.9, 0.1], [0, 1], [0.5, 0.5]].map((embedding, index) => ({ index, embedding })) }],
      paths: ['/embeddings'],
      prints: 'The tramontane blows from the north.',
      sends: { model: 'text-embedding-3-small' },
    },
  ],
  'rag.mjs': [
    {
      args: ['__test__/support/remote/winds.md', 'Where does the bora come from?'],
      answers: [
        { data: [[1, 0], [0.1, 0.9], [0.6, 0.4]].map((embedding, index) => ({ index, embedding })) },
        { data: [{ index: 0, embedding: [0, 1] }] },
        `${chunk({ content: '{"answer":"The north-east.",' })}${chunk({ content: '"sources":[1]}' })}${chunk({}, 'stop')}data: [DONE]\n\n`,
      ],
      paths: ['/embeddings', '/embeddings', '/chat/completions'],
      // The passage that is nearest to the question is the second one of the text.
      prints: 'The north-east.\n[1] The bora falls from the north-east onto the Adriatic, cold and in gusts, when air from the mountains spills over their edge. It is worst in winter: ropes are strung along the streets of Trieste for those who have to be out.',
      sends: {
        response_format: { json_schema: { schema: { properties: { sources: { items: { enum: [1, 2, 3] } } } } } },
        messages: [{}, { content: expect.stringMatching(/^\[1\] The bora .*\n\n\[2\] The sirocco .*\n\n\[3\] # Winds\nThe tramontane /s) }],
      },
    },
  ],
};

describe.each(readdirSync(`${root}/examples/remote`))('examples/remote/%s', (name) => {
  it.each(plays[name] ?? [])('does what it says against a server that plays $answers: $args', async ({ args = [], answers, paths, prints, sends }) => {
    const bodies: string[] = [];
    const answer: RequestListener = (request, response) => {
      const next = answers[bodies.push('') - 1] ?? '';
      const at = bodies.length - 1;
      request.setEncoding('utf8').on('data', (text: string) => (bodies[at] += text));
      request.on('end', () => {
        const body = typeof next !== 'string' ? JSON.stringify(next) : next.startsWith('data:') ? next : readFileSync(new URL(`transcripts/${next}.txt`, import.meta.url));
        response.writeHead(200, { 'content-type': typeof next === 'string' ? 'text/event-stream' : 'application/json' }).end(body);
      });
    };
    const { url, requests } = await loopback(answer);
    const { stdout } = await promisify(execFile)(process.execPath, [`examples/remote/${name}`, ...args], {
      cwd: root,
      env: { ...process.env, BASE_URL: url },
    });
    expect(stdout.trim()).toBe(prints);
    expect(requests.map((request) => request.url)).toEqual(paths);
    expect(JSON.parse(bodies.at(-1) ?? '')).toMatchObject(sends);
  });

  it('has a play', () => {
    expect(plays[name]).toBeDefined();
  });
});
