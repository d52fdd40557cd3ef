// Streams a reply of any server that speaks OpenAI's chat completions.
//   node examples/remote/openai-compatible.mjs vllm:Qwen/Qwen3-8B
//   node examples/remote/openai-compatible.mjs llama.cpp:any
//   node examples/remote/openai-compatible.mjs llama-cpp-python:any
//   node examples/remote/openai-compatible.mjs lmstudio:qwen3-8b
//   node examples/remote/openai-compatible.mjs mistralrs:default
//   DEEPSEEK_API_KEY=... node examples/remote/openai-compatible.mjs deepseek:deepseek-chat
//   MOONSHOT_API_KEY=... node examples/remote/openai-compatible.mjs moonshot:kimi-k2-turbo-preview
//   ZHIPUAI_API_KEY=... node examples/remote/openai-compatible.mjs zhipu:glm-4.6
//   HUNYUAN_API_KEY=... node examples/remote/openai-compatible.mjs hunyuan:hunyuan-turbos-latest
// BASE_URL in the environment names another place than the provider's usual one.
import { connect } from 'tramontane';

const [target, prompt = 'Which wind is the bora? Answer in one sentence.'] = process.argv.slice(2);
if (!target) throw new Error('name provider and model: node examples/remote/openai-compatible.mjs deepseek:deepseek-chat');

const model = connect(target, { baseUrl: process.env.BASE_URL });
try {
  for await (const part of model.streamPrompt(prompt, { maxOutputTokens: 512 })) {
    if (part.type === 'reasoning-delta') process.stderr.write(part.delta);
    if (part.type === 'text-delta') process.stdout.write(part.delta);
  }
  process.stdout.write('\n');
} finally {
  await model.close();
}
