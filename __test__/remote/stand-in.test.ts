import type { RequestListener } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/index.ts';
import type { ConnectOptions } from '../../src/index.ts';
import { beginEvents, loopback } from '../support/remote/loopback.ts';
import { sse } from '../support/remote/tiny-dialect.ts';
import { webSocketServer } from '../support/remote/web-socket-server.ts';

const chat: RequestListener = (_, response) => {
  const choice = (delta: object, finish: string | null = null) => ({ choices: [{ index: 0, delta, finish_reason: finish }] });
  beginEvents(response).end(sse(choice({ content: 'by chat' }), choice({}, 'stop'), '[DONE]'));
};

/** A server of chat completions that answers anything else by `missing`. */
const chatOnly = (missing: RequestListener) =>
  loopback((request, response) => (request.url === '/v1/chat/completions' ? chat(request, response) : missing(request, response)));

function connectResponses(url: string, options: Partial<ConnectOptions> = {}) {
  const model = connect({ dialect: 'openai-responses', model: 'any', baseUrl: `${url}/v1`, retries: 0, ...options });
  onTestFinished(() => model.close());
  return model;
}

it('chat completions stand in where an error with status 200 says that there are no responses', async () => {
  const { url, requests } = await chatOnly((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"error":"Unexpected endpoint or method. (POST /v1/responses)"}');
  });
  expect((await connectResponses(url).streamPrompt('Hi').result()).text).toBe('by chat');
  expect(requests.map((request) => request.url)).toEqual(['/v1/responses', '/v1/chat/completions']);
});

it('several streams that find out at once all have their answer', async () => {
  const { url } = await chatOnly((_, response) => void response.writeHead(404).end('404 page not found'));
  const model = connectResponses(url);
  const results = await Promise.all(Array.from({ length: 5 }, () => model.streamPrompt('Hi').result()));
  expect(results.map(({ text }) => text)).toEqual(Array.from({ length: 5 }, () => 'by chat'));
});

it('a WebSocket of responses is sent an event with the request in it', async () => {
  let message: unknown;
  const { url } = await webSocketServer((client) => {
    message = JSON.parse(client.message);
    const response = { id: 'resp_1', object: 'response', status: 'completed', output: [], usage: { input_tokens: 1, output_tokens: 1 } };
    client.send(
      { type: 'response.created', response: { ...response, status: 'in_progress' } },
      { type: 'response.output_item.added', output_index: 0, item: { id: 'm', type: 'message', content: [] } },
      { type: 'response.output_text.delta', item_id: 'm', output_index: 0, content_index: 0, delta: 'by socket' },
      { type: 'response.completed', response },
    );
  });
  const { text, usage } = await connectResponses(url, { websocket: true }).streamPrompt('Hi').result();
  expect(text).toBe('by socket');
  expect(usage.outputTokens).toBe(1);
  expect(message).toMatchObject({ type: 'response.create', model: 'any' });
  expect(message).not.toHaveProperty('stream');
});
