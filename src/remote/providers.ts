import type { DialectName } from '../spec/dialect-name.ts';
import { chatQuirks } from './dialects/chat-quirks.ts';
import type { Quirks } from './quirks.ts';

/** Who serves models, and how to reach them. */
export interface Provider {
  readonly dialect: DialectName;
  /** Where it is; the dialect's own place where absent, as for those who have made it. */
  readonly baseUrl?: string;
  /** Environment variables that may hold the key, the first that is set counts; the dialect's own where absent. */
  readonly keyVariables?: readonly string[];
  readonly quirks: Quirks;
}

/** Each as its own documentation has it. Those on this machine take a key only where they were started with one. */
export const providers: Readonly<Record<string, Provider>> = {
  openai: { dialect: 'openai-chat', quirks: chatQuirks.openai },
  'openai-responses': { dialect: 'openai-responses', quirks: {} },
  anthropic: { dialect: 'anthropic', quirks: {} },
  gemini: { dialect: 'gemini', quirks: {} },
  ollama: { dialect: 'ollama', quirks: {} },
  deepseek: compatible('https://api.deepseek.com', ['DEEPSEEK_API_KEY'], chatQuirks.deepseek),
  moonshot: compatible('https://api.moonshot.ai/v1', ['MOONSHOT_API_KEY'], chatQuirks.moonshot),
  zhipu: compatible('https://open.bigmodel.cn/api/paas/v4', ['ZHIPUAI_API_KEY', 'ZAI_API_KEY'], chatQuirks.zhipu),
  hunyuan: compatible('https://api.hunyuan.cloud.tencent.com/v1', ['HUNYUAN_API_KEY'], chatQuirks.hunyuan),
  vllm: compatible('http://localhost:8000/v1', ['VLLM_API_KEY'], chatQuirks.vllm),
  'llama.cpp': compatible('http://localhost:8080/v1', ['LLAMA_API_KEY'], chatQuirks['llama.cpp']),
  'llama-cpp-python': compatible('http://localhost:8000/v1', [], chatQuirks['llama-cpp-python']),
  lmstudio: compatible('http://localhost:1234/v1', [], chatQuirks.lmstudio),
  mistralrs: compatible('http://localhost:1234/v1', [], chatQuirks.mistralrs),
};

function compatible(baseUrl: string, keyVariables: readonly string[], quirks: Quirks): Provider {
  return { dialect: 'openai-chat', baseUrl, keyVariables, quirks };
}
