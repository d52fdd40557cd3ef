// Lets Claude think, call a tool, and go on from what the tool answered.
//   ANTHROPIC_API_KEY=... node examples/remote/anthropic.mjs [MODEL]
// BASE_URL in the environment names another place than Anthropic's own.
import { connect } from 'tramontane';

const [name = 'claude-sonnet-4-5'] = process.argv.slice(2);

/** @type {import('tramontane').ToolDefinition[]} */
const tools = [
  {
    name: 'weather',
    description: 'The weather of a city at this moment.',
    inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
];

/** @type {import('tramontane').ChatMessage[]} */
const messages = [{ role: 'user', content: 'What is the weather like in Genova?' }];

const model = connect(`anthropic:${name}`, {
  baseUrl: process.env.BASE_URL,
  providerOptions: { thinking: { type: 'enabled', budget_tokens: 1024 } },
});
try {
  for (let round = 0; round < 5; round += 1) {
    const stream = model.streamChat(messages, { tools, maxOutputTokens: 4096 });
    for await (const text of stream.textStream) process.stdout.write(text);
    const { message, toolCalls, finishReason } = await stream.result();
    // The message has the signatures of what was thought, without which the next request would be refused.
    messages.push(message);
    if (finishReason !== 'tool-calls') break;

    for (const { toolCallId, toolName, inputText, input } of toolCalls) {
      console.log(`\n${toolName}(${inputText})`);
      const content = input === undefined ? 'The arguments are no JSON.' : JSON.stringify({ degrees: 21, wind: 'tramontane' });
      messages.push({ role: 'tool', toolCallId, toolName, content });
    }
  }
  process.stdout.write('\n');
} finally {
  await model.close();
}
