// Lets the model call a tool, runs it, and gives the model what it answered.
//   node examples/tools-by-hand.mjs MODEL.gguf
import { loadModel } from 'tramontane';

const [file] = process.argv.slice(2);
if (!file) throw new Error('name a model: node examples/tools-by-hand.mjs MODEL.gguf');

/** @type {import('tramontane').ToolDefinition[]} */
const tools = [
  {
    name: 'get_weather',
    description: 'The weather of a city at this moment.',
    inputSchema: {
      type: 'object',
      properties: { city: { enum: ['Genova', 'Marseille', 'Barcelona'] } },
      required: ['city'],
      additionalProperties: false,
    },
  },
];

/** @type {import('tramontane').ChatMessage[]} */
const messages = [{ role: 'user', content: 'What is the weather like in Genova?' }];

const model = await loadModel(file);
try {
  // Required, since a small model may not think of calling it; the call then always matches the schema.
  const asked = await model.streamChat(messages, { tools, toolChoice: 'required', maxOutputTokens: 128 }).result();
  messages.push(asked.message);

  for (const { toolCallId, toolName, inputText, input } of asked.toolCalls) {
    console.log(`${toolName}(${inputText})`);
    // Where the model was cut off, there is no whole call; where it wrote no JSON, there is no input.
    const content = input === undefined ? 'The arguments are no JSON.' : JSON.stringify({ degrees: 21, wind: 'tramontane' });
    messages.push({ role: 'tool', toolCallId, toolName, content });
  }

  // Without tools from here on, as the answer is to be text.
  for await (const delta of model.streamChat(messages, { maxOutputTokens: 48 }).textStream) process.stdout.write(delta);
  process.stdout.write('\n');
} finally {
  await model.close();
}
