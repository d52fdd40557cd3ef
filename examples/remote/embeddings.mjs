// Finds the sentence that means most nearly the same as a question.
//   OPENAI_API_KEY=... node examples/remote/embeddings.mjs [PROVIDER:MODEL]
//   node examples/remote/embeddings.mjs ollama:nomic-embed-text
// BASE_URL in the environment names another place than the provider's usual one.
import { connect } from 'tramontane';

const [target = 'openai:text-embedding-3-small'] = process.argv.slice(2);
const sentences = ['The tramontane blows from the north.', 'Pesto is made of basil.', 'Ferries leave at noon.'];

const model = connect(target, { baseUrl: process.env.BASE_URL });
try {
  const { embeddings } = await model.embed(['Where does the wind come from?', ...sentences]);
  const [question = [], ...others] = embeddings;
  const scores = others.map((other) => cosine(question, other));
  console.log(sentences[scores.indexOf(Math.max(...scores))]);
} finally {
  await model.close();
}

/** @param {readonly number[]} one @param {readonly number[]} other */
function cosine(one, other) {
  const dot = (a, b) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}
