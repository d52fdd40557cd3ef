// A conversation: each turn sends what was said before, and adds the reply to it.
//   node examples/chat-with-history.mjs MODEL.gguf
import { loadModel } from 'tramontane';

const [file] = process.argv.slice(2);
if (!file) throw new Error('name a model: node examples/chat-with-history.mjs MODEL.gguf');

const questions = ['My name is Ada and I like mountains. Say hello.', 'What is my name?'];

/** @type {import('tramontane').ChatMessage[]} */
const messages = [{ role: 'system', content: 'You are a friendly assistant who answers in one short sentence.' }];

const model = await loadModel(file);
try {
  for (const question of questions) {
    messages.push({ role: 'user', content: question });
    process.stdout.write(`user:      ${question}\nassistant: `);
    // Greedy (temperature 0), so that every run prints the same.
    const stream = model.streamChat(messages, { maxOutputTokens: 48, temperature: 0 });
    for await (const text of stream.textStream) process.stdout.write(text);
    process.stdout.write('\n');
    const { text } = await stream.result();
    messages.push({ role: 'assistant', content: text });
  }
} finally {
  await model.close();
}
