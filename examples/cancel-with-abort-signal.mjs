// Three ways to stop a reply early. Each frees the sequence in the engine; none is an error.
//   node examples/cancel-with-abort-signal.mjs MODEL.gguf
import { loadModel } from 'tramontane';

const [file] = process.argv.slice(2);
if (!file) throw new Error('name a model: node examples/cancel-with-abort-signal.mjs MODEL.gguf');

const prompt = 'Write a long story about a knight and a dragon.';
const model = await loadModel(file);
try {
  // 1. An abort signal: a button, a closed connection, or, as here, a time limit.
  const timed = model.streamPrompt(prompt, { maxOutputTokens: 1000, abortSignal: AbortSignal.timeout(2000) });
  const { finishReason, text } = await timed.result();
  console.log(`abort signal: finishReason "${finishReason}", ${text.length} characters had come`);

  // 2. cancel(), from anywhere. The iteration ends with the finish part.
  const cancelled = model.streamPrompt(prompt, { maxOutputTokens: 1000 });
  let deltas = 0;
  for await (const part of cancelled) {
    if (part.type === 'text-delta' && ++deltas === 5) cancelled.cancel();
    if (part.type === 'finish') console.log(`cancel(): finishReason "${part.finishReason}" after ${deltas} deltas`);
  }

  // 3. Leaving the loop.
  const left = model.streamPrompt(prompt, { maxOutputTokens: 1000 });
  for await (const delta of left.textStream) {
    console.log(`break: left after the first delta, ${JSON.stringify(delta)}`);
    break;
  }
  const { usage } = await left.result();
  console.log(`break: ${usage.outputTokens} tokens were computed, not 1000`);
} finally {
  await model.close();
}
