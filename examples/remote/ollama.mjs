// Lists the models that Ollama has on this machine, and streams a reply of one.
//   node examples/remote/ollama.mjs [MODEL] ["PROMPT"]
// BASE_URL in the environment names another place than http://127.0.0.1:11434.
import { connect } from 'tramontane';

const [name = 'llama3.2', prompt = 'Which wind is the sirocco? Answer in one sentence.'] = process.argv.slice(2);

const model = connect(`ollama:${name}`, { baseUrl: process.env.BASE_URL });
try {
  const installed = await model.listModels();
  console.log(`installed: ${installed.map((one) => one.model).join(', ') || 'none'}\n`);

  const stream = model.streamPrompt(prompt, { maxOutputTokens: 128, seed: 1 });
  for await (const text of stream.textStream) process.stdout.write(text);
  process.stdout.write('\n');
} finally {
  await model.close();
}
