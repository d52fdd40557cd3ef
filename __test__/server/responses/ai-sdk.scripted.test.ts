import { createOpenAI } from '@ai-sdk/openai';
import { stepCountIs, streamText, tool } from 'ai';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { openServer } from '../../support/server/open-server.ts';

const call = '<tool_call>\n{"name": "weather", "arguments": {"city": "Bern"}}\n</tool_call>';

it("a round of tools runs through the AI SDK's provider for responses, which sends earlier items by their ids", async () => {
  await using server = await openServer([`<think>Hm</think>Let me see.${call}`, 'Sunny.']);
  const openai = createOpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' });
  const weather = tool({ inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => `sunny in ${city}` });
  const result = streamText({ model: openai.responses('test'), prompt: 'Weather?', tools: { weather }, stopWhen: stepCountIs(3) });
  let text = '';
  for await (const part of result.fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') text += part.text;
  }
  expect(text).toBe('Let me see.Sunny.');
  const steps = await result.steps;
  expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
  expect(steps[0]?.toolResults).toMatchObject([{ output: 'sunny in Bern' }]);
});
