// Streams a reply of OpenAI's responses, with a summary of what the model thinks.
//   OPENAI_API_KEY=... node examples/remote/openai-responses.mjs [MODEL] ["PROMPT"]
// BASE_URL in the environment names another place than OpenAI's own.
import { connect } from 'tramontane';

const [name = 'gpt-5-mini', prompt = 'How many winds have a name on the Mediterranean?'] = process.argv.slice(2);

const model = connect(`openai-responses:${name}`, {
  baseUrl: process.env.BASE_URL,
  // Fields of the protocol's own body, by its own names.
  providerOptions: { reasoning: { summary: 'auto' } },
});
try {
  for await (const part of model.streamPrompt(prompt)) {
    if (part.type === 'reasoning-delta') process.stderr.write(part.delta);
    if (part.type === 'text-delta') process.stdout.write(part.delta);
    if (part.type === 'finish') console.log(`\n\n${part.usage.outputTokens} tokens written (${part.finishReason})`);
  }
} finally {
  await model.close();
}
