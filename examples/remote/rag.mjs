// Answers a question from a text, and shows the passages that it names as its sources.
//   OPENAI_API_KEY=... node examples/remote/rag.mjs notes.md "Where do cranes breed?"
//   node examples/remote/rag.mjs notes.md "Where do cranes breed?" ollama:nomic-embed-text ollama:llama3.2
//   node examples/remote/rag.mjs notes.md "Where do cranes breed?" Qwen/Qwen3-Embedding-0.6B MODEL.gguf
// BASE_URL in the environment names another place than the providers' usual ones.
import { readFileSync } from 'node:fs';
import { connect, loadEmbeddingModel, loadModel } from 'tramontane';

const [file, question, vectors = 'openai:text-embedding-3-small', name = 'openai:gpt-5-mini'] = process.argv.slice(2);
if (!file || !question) throw new Error('name a text and ask: node examples/remote/rag.mjs notes.md "Where do cranes breed?"');

const isRemote = (/** @type {string} */ target) => /^[a-z][\w.-]+:/.test(target);
const baseUrl = process.env.BASE_URL;
const embedder = isRemote(vectors) ? connect(vectors, { baseUrl }) : await loadEmbeddingModel(vectors);
const model = isRemote(name) ? connect(name, { baseUrl }) : await loadModel(name);
try {
  const passages = passagesOf(readFileSync(file, 'utf8'));
  const passageVectors = await embedAll(passages, 'document');
  const [questionVector = []] = await embedAll([question], 'query');
  const nearest = passages
    .map((passage, at) => ({ passage, score: cosine(questionVector, passageVectors[at] ?? []) }))
    .toSorted((one, other) => other.score - one.score)
    .slice(0, 4)
    .map(({ passage }) => passage);

  const { text, finishReason } = await model
    .streamChat(
      [
        {
          role: 'system',
          content: 'Answer from the passages only, as JSON with the answer and the numbers of the passages that it is in. If it is in none, say so, with no sources.',
        },
        { role: 'user', content: `${nearest.map((passage, at) => `[${at + 1}] ${passage}`).join('\n\n')}\n\nQuestion: ${question}` },
      ],
      {
        maxOutputTokens: 2048,
        // Only passages that are there can be named.
        responseFormat: {
          type: 'json',
          schema: {
            type: 'object',
            properties: {
              answer: { type: 'string', maxLength: 600 },
              sources: { type: 'array', items: { type: 'integer', enum: nearest.map((_, at) => at + 1) }, maxItems: nearest.length },
            },
            required: ['answer', 'sources'],
            additionalProperties: false,
          },
        },
      },
    )
    .result();
  if (finishReason !== 'stop') throw new Error(`the answer was cut short: ${finishReason}`);
  const { answer, sources } = JSON.parse(text);
  console.log(answer);
  for (const source of new Set(sources)) console.log(`[${source}] ${nearest[source - 1]}`);
} finally {
  await Promise.all([embedder.close(), model.close()]);
}

/**
 * Paragraphs, put together up to about 800 characters, which is a thought or two and some 200 tokens.
 *
 * @param {string} text
 */
function passagesOf(text) {
  /** @type {string[]} */
  const passages = [];
  for (const paragraph of text.split(/\n\s*\n/).map((one) => one.trim()).filter(Boolean)) {
    const last = passages.at(-1);
    if (last !== undefined && last.length + paragraph.length < 800) passages[passages.length - 1] = `${last}\n${paragraph}`;
    else passages.push(paragraph);
  }
  return passages;
}

/**
 * A call takes 2,048 texts at most; smaller ones can be cancelled sooner.
 *
 * @param {readonly string[]} texts
 * @param {'query' | 'document'} purpose
 */
async function embedAll(texts, purpose) {
  // What a model in this process was trained to see before texts. Of one elsewhere you have to know it.
  const prompt = 'prompts' in embedder.info ? (embedder.info.prompts[purpose] ?? '') : '';
  const all = [];
  for (let at = 0; at < texts.length; at += 256) {
    all.push(...(await embedder.embed(texts.slice(at, at + 256).map((text) => prompt + text))).embeddings);
  }
  return all;
}

/** @param {readonly number[]} one @param {readonly number[]} other */
function cosine(one, other) {
  const dot = (a, b) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}
