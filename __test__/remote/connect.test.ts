import { describe, expect, it } from 'vitest';
import { connect } from '../../src/index.ts';
import type { ConnectOptions, LanguageModel } from '../../src/index.ts';
import { providers } from '../../src/remote/providers.ts';
import { errorOf } from '../support/read-stream.ts';

describe('connect', () => {
  it('takes provider and model as one word, or as options', async () => {
    const model: LanguageModel = connect('vllm:org/model:tag');
    expect(model.info).toEqual({ model: 'org/model:tag', provider: 'vllm', dialect: 'openai-chat', baseUrl: 'http://localhost:8000/v1' });
    const other = connect({ dialect: 'anthropic', model: 'claude', baseUrl: 'https://example.org/v1?key=secret' });
    expect(other.info).toMatchObject({ provider: null, dialect: 'anthropic', baseUrl: 'https://example.org/v1' });
  });

  it.each(Object.keys(providers))('knows where %s is', (provider) => {
    expect(connect(`${provider}:any`).info.baseUrl).toMatch(/^https?:\/\//);
  });

  it.each<[unknown, string]>([
    ['gpt-5', 'model'],
    [':gpt-5', 'model'],
    ['openai:', 'model'],
    ['opnai:gpt-5', 'provider'],
    [{ model: 'x' }, 'provider'],
    [{ provider: 'openai' }, 'model'],
    [{ model: 'x', dialect: 'smoke-signals' }, 'dialect'],
    [{ model: 'x', provider: 'openai', baseUrl: 'ftp://x' }, 'baseUrl'],
    [{ model: 'x', provider: 'openai', baseUrl: 'localhost:8000' }, 'baseUrl'],
    [{ model: 'x', provider: 'openai', baseUrl: 'http://user:password@x' }, 'baseUrl'],
    [{ model: 'x', provider: 'openai', apiKey: 7 }, 'apiKey'],
    [{ model: 'x', provider: 'openai', headers: 7 }, 'headers'],
    [{ model: 'x', provider: 'openai', fetch: 'x' }, 'fetch'],
    [{ model: 'x', provider: 'openai', retries: -1 }, 'retries'],
    [{ model: 'x', provider: 'openai', maxRedirects: 21 }, 'maxRedirects'],
    [{ model: 'x', provider: 'openai', connectTimeoutMs: Infinity }, 'connectTimeoutMs'],
    [{ model: 'x', provider: 'openai', websocket: 'yes' }, 'websocket'],
    [{ model: 'x', provider: 'openai', providerOptions: { now: new Date() } }, 'providerOptions.now'],
    [{ model: 'x', provider: 'openai', apikey: 'x' }, 'apikey'],
  ])('refuses %j, and names the field', (options, field) => {
    expect(() => connect(options as ConnectOptions)).toThrow(expect.objectContaining({ code: 'invalid-argument', field }));
  });

  it('refuses a provider or model that is said twice', () => {
    expect(() => connect('openai:x', { model: 'y' } as never)).toThrow(expect.objectContaining({ field: 'model' }));
  });

  it('shows no password in the refusal', () => {
    expect(() => connect('vllm:x', { baseUrl: 'http://user:hunter2@x' })).toThrow(/^(?!.*hunter2)/);
  });

  it('copies the options', async () => {
    const options = { provider: 'vllm', model: 'x', baseUrl: 'http://127.0.0.1:1', retries: 0 };
    const model = connect(options);
    options.baseUrl = 'http://127.0.0.1:2';
    expect((await errorOf(model.streamPrompt('Hi').result())).message).toContain('http://127.0.0.1:1');
  });
});
