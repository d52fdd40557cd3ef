import type { RequestListener } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/index.ts';
import type { ConnectOptions } from '../../src/index.ts';
import { beginEvents, loopback } from '../support/remote/loopback.ts';
import { sse } from '../support/remote/tiny-dialect.ts';
import { errorOf } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';
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

it.each<[string, RequestListener]>([
  ['404', (_, response) => void response.writeHead(404).end('{"detail":"Not Found"}')],
  ['405', (_, response) => void response.writeHead(405).end()],
  ['501', (_, response) => void response.writeHead(501).end()],
  ['200 and an error', (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"error":"Unexpected endpoint or method. (POST /v1/responses)"}');
  }],
])('chat completions stand in where there are no responses, which status %s says; remembered, with one warning', async (_, missing) => {
  const warnings: string[] = [];
  const listen = (warning: Error) => void warnings.push(warning.message);
  process.on('warning', listen);
  onTestFinished(() => void process.off('warning', listen));
  const { url, requests } = await chatOnly(missing);
  expect((await connectResponses(url).streamPrompt('Hi').result()).text).toBe('by chat');
  expect((await connectResponses(url).streamPrompt('Hi').result()).text).toBe('by chat');
  expect(requests.map((request) => request.url)).toEqual(['/v1/responses', '/v1/chat/completions', '/v1/chat/completions']);
  await turns();
  expect(warnings.filter((warning) => warning.includes(url))).toHaveLength(1);
});

it('nothing stands in where it is the model that is missing, or where only responses can do what is asked', async () => {
  const noModel = await chatOnly((_, response) => {
    response.writeHead(404).end('{"error":{"message":"The model `any` does not exist","code":"model_not_found"}}');
  });
  expect(await errorOf(connectResponses(noModel.url).streamPrompt('Hi').result())).toMatchObject({ code: 'model-not-found' });
  const noResponses = await chatOnly((_, response) => void response.writeHead(404).end('404 page not found'));
  const model = connectResponses(noResponses.url, { providerOptions: { previous_response_id: 'resp_1' } });
  await errorOf(model.streamPrompt('Hi').result());
  expect([...noModel.requests, ...noResponses.requests].map(({ url }) => url)).toEqual(['/v1/responses', '/v1/responses']);
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
