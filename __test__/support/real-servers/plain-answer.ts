import type { ChatMessage } from '../../../src/index.ts';
import type { PlainProtocol } from './real-server.ts';

export interface PlainRequest {
  readonly model: string;
  readonly prompt: string | readonly ChatMessage[];
  readonly maxOutputTokens: number;
  readonly temperature: number;
  readonly seed?: number;
}

export interface PlainAnswer {
  readonly text: string;
  readonly finishReason: string;
}

/** What a server answers without streaming, asked by fetch and nothing of ours. */
export async function plainAnswer(
  protocol: PlainProtocol,
  baseUrl: string,
  key: string | undefined,
  request: PlainRequest,
): Promise<PlainAnswer> {
  const { path, body, read } = protocols[protocol](request);
  const response = await fetch(baseUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ ...body, model: request.model, stream: false }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return read((await response.json()) as never);
}

interface Plain {
  readonly path: string;
  readonly body: object;
  read(answer: never): PlainAnswer;
}

interface Completion {
  choices: [{ text?: string; message?: { content: string }; finish_reason: string }];
}

const protocols: Readonly<Record<PlainProtocol, (request: PlainRequest) => Plain>> = {
  'openai-chat': ({ prompt, maxOutputTokens, temperature, seed }) => ({
    path: typeof prompt === 'string' ? '/completions' : '/chat/completions',
    body: { ...(typeof prompt === 'string' ? { prompt } : { messages: prompt }), max_tokens: maxOutputTokens, temperature, seed },
    read: ({ choices: [{ text, message, finish_reason: finishReason }] }: Completion) => ({
      text: text ?? message?.content ?? '',
      finishReason,
    }),
  }),
  'openai-responses': ({ prompt, maxOutputTokens, temperature }) => ({
    path: '/responses',
    body: { input: prompt, max_output_tokens: maxOutputTokens, temperature },
    read: ({ output, status }: { output: { content: { text: string }[] }[]; status: string }) => ({
      text: output.flatMap(({ content }) => content.map(({ text }) => text)).join(''),
      finishReason: status === 'completed' ? 'stop' : 'length',
    }),
  }),
  ollama: ({ prompt, maxOutputTokens, temperature, seed }) => ({
    path: typeof prompt === 'string' ? '/api/generate' : '/api/chat',
    body: {
      ...(typeof prompt === 'string' ? { prompt, raw: true } : { messages: prompt }),
      options: { num_predict: maxOutputTokens, temperature, seed },
    },
    read: ({ response, message, done_reason: finishReason }: { response?: string; message?: { content: string }; done_reason: string }) => ({
      text: response ?? message?.content ?? '',
      finishReason,
    }),
  }),
};
