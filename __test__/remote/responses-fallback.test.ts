import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../src/index.ts';
import type { ConnectOptions, RemoteModel } from '../../src/index.ts';
import { loopback } from '../support/remote/loopback.ts';
import type { Loopback } from '../support/remote/loopback.ts';

const notThere = (response: ServerResponse) => response.writeHead(404).end('{"detail":"Not Found"}');

/** A server of chat completions, and what it answers to responses. */
function chatServer(answer: (response: ServerResponse) => void): Promise<Loopback> {
  return loopback((request, response) => {
    if (request.url !== '/v1/chat/completions') return answer(response);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    return response.end(readFileSync(new URL('transcripts/openai-chat/one-tool-call.txt', import.meta.url)));
  });
}

function connected(url: string, options: Partial<ConnectOptions> = {}): RemoteModel {
  const model = connect({ provider: 'openai-responses', model: 'any', baseUrl: `${url}/v1`, retries: 0, ...options });
  onTestFinished(() => model.close());
  return model;
}

const paths = ({ requests }: Loopback) => requests.map(({ url }) => url);

describe('a server that has no responses', () => {
  const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  afterEach(() => void warnings.mockClear());

  it('is asked by chat completions, at once from the second time on, and with one warning', async () => {
    const server = await chatServer(notThere);
    const result = await connected(server.url).streamPrompt('Hi').result();
    expect(result).toMatchObject({ finishReason: 'tool-calls', toolCalls: [{ toolName: 'weather', input: { city: 'Genova' } }] });
    await connected(server.url).streamPrompt('Hi').result();
    expect(paths(server)).toEqual(['/v1/responses', '/v1/chat/completions', '/v1/chat/completions']);
    expect(warnings).toHaveBeenCalledOnce();
    expect(warnings.mock.calls[0]?.[0]).toContain('does not have openai-responses');
  });

  it('is not asked otherwise where only responses can do what is wanted', async () => {
    const server = await chatServer(notThere);
    const model = connected(server.url, { providerOptions: { previous_response_id: 'resp_1' } });
    await expect(model.streamPrompt('Hi').result()).rejects.toMatchObject({ code: 'remote-failed' });
    expect(paths(server)).toEqual(['/v1/responses']);
  });

  it('may say what chat completions cannot be told', async () => {
    const server = await chatServer(notThere);
    const stream = connected(server.url).streamPrompt('Hi', { contextOverflow: 'truncate-oldest' });
    await expect(stream.result()).rejects.toMatchObject({ code: 'invalid-argument', field: 'contextOverflow' });
  });
});

it('a model that is not there is no reason to ask otherwise', async () => {
  const body = '{"error":{"message":"The model `any` does not exist","type":"invalid_request_error","code":"model_not_found"}}';
  const server = await chatServer((response) => response.writeHead(404).end(body));
  await expect(connected(server.url).streamPrompt('Hi').result()).rejects.toMatchObject({ code: 'model-not-found' });
  expect(paths(server)).toEqual(['/v1/responses']);
});

it('chunks of chat completions where responses were asked for are read as what they are', async () => {
  const chunks = readFileSync(new URL('transcripts/openai-chat/plain.txt', import.meta.url));
  const server = await chatServer((response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(chunks));
  expect(await connected(server.url).streamPrompt('Hi').result()).toMatchObject({ text: 'The tramontane is a wind.' });
});
