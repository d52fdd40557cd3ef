// Streams one reply to the terminal.
//   node examples/stream-a-reply.mjs MODEL.gguf ["PROMPT"]
import { loadModel } from 'tramontane';

const [file, prompt = 'What is a mountain? Answer in two sentences.'] = process.argv.slice(2);
if (!file) throw new Error('name a model: node examples/stream-a-reply.mjs MODEL.gguf');

const model = await loadModel(file);
try {
  const stream = model.streamPrompt(prompt, { maxOutputTokens: 64 });
  for await (const text of stream.textStream) process.stdout.write(text);

  // The stream has been read to its end; its result also has the whole text.
  const { finishReason, usage, timings } = await stream.result();
  console.log(
    `\n\n${usage.inputTokens} tokens read, ${usage.outputTokens} written in ${Math.round(timings.totalMs)} ms (${finishReason})`,
  );
} finally {
  await model.close();
}
