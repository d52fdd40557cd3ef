// Streams JSON of a given form from Gemini, and shows what the model thinks.
//   GEMINI_API_KEY=... node examples/remote/gemini.mjs [MODEL] ["PROMPT"]
// BASE_URL in the environment names another place than Google's own.
import { connect } from 'tramontane';

const [name = 'gemini-2.5-flash', prompt = 'Name a wind of the Mediterranean and where it comes from.'] = process.argv.slice(2);

const model = connect(`gemini:${name}`, { baseUrl: process.env.BASE_URL });
try {
  const stream = model.streamPrompt(prompt, {
    templateVariables: { enable_thinking: true },
    responseFormat: {
      type: 'json',
      schema: {
        type: 'object',
        properties: { wind: { type: 'string' }, from: { enum: ['north', 'east', 'south', 'west'] } },
        required: ['wind', 'from'],
      },
    },
  });
  for await (const part of stream) {
    if (part.type === 'reasoning-delta') process.stderr.write(part.delta);
    if (part.type === 'text-delta') process.stdout.write(part.delta);
  }
  const { text } = await stream.result();
  console.log(`\n\nIt is the ${JSON.parse(text).wind}.`);
} finally {
  await model.close();
}
