// Lets the model use tools until it has an answer: their calls are checked, run and answered in one stream.
//   node examples/agent.mjs MODEL.gguf
import { createAgent, loadModel, tool } from 'tramontane';

const [file] = process.argv.slice(2);
if (!file) throw new Error('name a model: node examples/agent.mjs MODEL.gguf');

const weather = tool({
  name: 'get_weather',
  description: 'The weather of a city at this moment.',
  // A schema of zod, arktype or valibot would do as well, and give `input` its type.
  inputSchema: {
    type: 'object',
    properties: { city: { enum: ['Genova', 'Marseille', 'Barcelona'] } },
    required: ['city'],
    additionalProperties: false,
  },
  execute: (input) => ({ ...input, degrees: 21, wind: 'tramontane' }),
});

const model = await loadModel(file);
try {
  const agent = createAgent({ model, tools: [weather], maxOutputTokens: 64 });
  const stream = agent.streamPrompt('What is the weather like in Genova?', {
    // Required, since a small model may not think of calling it. It counts for the first round only.
    toolChoice: 'required',
    // This can be left out with a model that was trained to use tools, and then decides for itself.
    prepareRound: ({ round }) => (round === 0 ? {} : { toolChoice: 'none' }),
  });
  for await (const part of stream) {
    if (part.type === 'text-delta') process.stdout.write(part.delta);
    if (part.type === 'tool-progress' && part.phase === 'calling') console.log(`${part.toolName}(${JSON.stringify(part.input)})`);
    if (part.type === 'tool-result') console.log(`= ${part.content}`);
  }
  const { rounds, usage, messages } = await stream.result();
  console.log(`\n${rounds.length} rounds, ${usage.totalTokens} tokens, ${messages.length} messages to append to the history`);
} finally {
  await model.close();
}
