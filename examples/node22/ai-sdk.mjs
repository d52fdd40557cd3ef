// A local model in the AI SDK: a streamed answer, an object of a schema, and a tool. Needs ai 7, and so Node 22.
//   node examples/node22/ai-sdk.mjs MODEL.gguf
import { Output, generateText, isStepCount, streamText, tool } from 'ai';
import { loadModel } from 'tramontane';
import { tramontane } from 'tramontane/ai-sdk';
import { z } from 'zod';

const [file] = process.argv.slice(2);
if (!file) throw new Error('name a model: node examples/node22/ai-sdk.mjs MODEL.gguf');

const loaded = await loadModel(file);
const model = tramontane(loaded);
try {
  // Text, as it comes. What the AI SDK has no setting for goes into providerOptions.tramontane.
  const streamed = streamText({
    model,
    instructions: 'You answer in one short sentence.',
    prompt: 'What is a mountain?',
    maxOutputTokens: 40,
    providerOptions: { tramontane: { minP: 0.05 } },
  });
  for await (const delta of streamed.textStream) process.stdout.write(delta);
  const { inputTokens, outputTokens } = await streamed.usage;
  console.log(`\n${inputTokens} tokens read, ${outputTokens} written`);

  // An object: tokens that would break its schema are never chosen.
  const { output } = await generateText({
    model,
    prompt: 'What is the capital of Italy?',
    output: Output.object({ schema: z.object({ capital: z.enum(['Paris', 'Rome', 'Madrid']), sunny: z.boolean() }) }),
    maxOutputTokens: 64,
  });
  console.log(output);

  // A tool. Required in the first step, since a small model may not think of calling it.
  const { steps, text } = await generateText({
    model,
    prompt: 'What is the weather like in Genova?',
    tools: {
      weather: tool({
        description: 'The weather of a city at this moment.',
        inputSchema: z.object({ city: z.enum(['Genova', 'Marseille', 'Barcelona']) }),
        execute: ({ city }) => ({ city, degrees: 21, wind: 'tramontane' }),
      }),
    },
    prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'none' }),
    stopWhen: isStepCount(2),
    maxOutputTokens: 48,
  });
  for (const { toolName, input } of steps.flatMap(({ toolCalls }) => toolCalls)) console.log(`${toolName}(${JSON.stringify(input)})`);
  console.log(text);
} finally {
  await loaded.close();
}
