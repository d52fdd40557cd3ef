// Streams a reply of OpenAI's chat completions.
//   OPENAI_API_KEY=... node examples/remote/openai.mjs [MODEL] ["PROMPT"]
// BASE_URL in the environment names another place than OpenAI's own.
import { connect } from 'tramontane';

const [name = 'gpt-5-mini', prompt = 'Which wind is the tramontane? Answer in one sentence.'] = process.argv.slice(2);

const model = connect(`openai:${name}`, { baseUrl: process.env.BASE_URL });
try {
  const stream = model.streamPrompt(prompt, { maxOutputTokens: 1024 });
  for await (const text of stream.textStream) process.stdout.write(text);

  // The stream has been read to its end; its result also has the whole text.
  const { finishReason, usage } = await stream.result();
  console.log(
    `\n\n${usage.inputTokens} tokens read (${usage.cachedInputTokens} of them cached), ${usage.outputTokens} written (${finishReason})`,
  );
} finally {
  await model.close();
}
