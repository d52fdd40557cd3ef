import type { OptionSpecs } from '../arguments/option.ts';

/** How to find models of the hub. */
export const hubOptions = {
  revision: { kind: 'text', value: 'REV', group: 'Model', field: 'revision', help: 'branch, tag or commit on the hub', default: 'main' },
  'cache-dir': {
    kind: 'text',
    value: 'FOLDER',
    group: 'Model',
    field: 'cacheDir',
    help: 'folder for downloaded files',
    default: "the hub's shared cache",
  },
  endpoint: { kind: 'text', value: 'URL', group: 'Model', field: 'endpoint', help: 'base URL of the hub, for a mirror', default: 'HF_ENDPOINT, or the public hub' },
  offline: { kind: 'flag', group: 'Model', field: 'offline', help: 'only what is on disk; nothing is downloaded' },
} as const satisfies OptionSpecs;

/** How to find the files of one model. */
export const fileOptions = {
  file: {
    kind: 'text',
    value: 'NAME',
    group: 'Model',
    field: 'file',
    help: 'which file, where a repository or folder holds several models; also as org/name:NAME',
    default: 'the only one there is',
  },
  ...hubOptions,
} as const satisfies OptionSpecs;

/** How to load a model into this process. */
export const loadOptions = {
  device: { kind: 'text', value: 'NAME', group: 'Model', field: 'device', help: 'cpu, cuda, cuda:N or metal', default: 'the best that this build supports' },
  isq: {
    kind: 'text',
    value: 'TYPE',
    group: 'Model',
    field: 'isq',
    help: 'quantise safetensors while loading: bits (2, 3, 4, 5, 6, 8) or a type (Q4K, Q8_0)',
    default: 'as the files have them',
  },
  dtype: { kind: 'choice', choices: ['auto', 'f32', 'f16', 'bf16'], group: 'Model', field: 'dtype', help: 'number type of the computation', default: 'auto' },
  'context-length': {
    kind: 'integer',
    value: 'TOKENS',
    group: 'Model',
    field: 'contextLength',
    help: 'the most tokens a prompt and its answer may have together',
    default: 'what the model was trained for',
  },
  threads: { kind: 'integer', value: 'N', group: 'Model', field: 'threads', help: 'threads that compute on the CPU', default: 'one per physical core' },
  'prefix-cache': {
    kind: 'bytes',
    value: 'SIZE',
    group: 'Model',
    field: 'prefixCacheBytes',
    help: 'memory for what was computed before, such as 512MiB; 0 keeps nothing',
    default: 'an eighth of the memory, at most 1GiB, on the CPU',
  },
  'chat-template': { kind: 'text', value: 'FILE', group: 'Model', field: 'chatTemplate', help: 'Jinja template in place of the model\'s own' },
  tokenizer: { kind: 'text', value: 'FILE', group: 'Model', field: 'tokenizer', help: 'tokenizer.json in place of the model\'s own' },
} as const satisfies OptionSpecs;

/** How to reach a model of an engine elsewhere. Keys are not among them: a command line is seen by all of a machine. */
export const remoteOptions = {
  remote: {
    kind: 'text',
    value: 'PROVIDER',
    group: 'Remote engine',
    field: 'provider',
    help: 'who serves --model: openai, anthropic, gemini, ollama, vllm, llama.cpp, …; also as PROVIDER:NAME',
  },
  url: {
    kind: 'text',
    value: 'URL',
    group: 'Remote engine',
    field: 'baseUrl',
    help: 'where its API begins, such as http://localhost:8000/v1',
    default: "the provider's",
  },
  dialect: {
    kind: 'choice',
    choices: ['openai-chat', 'openai-responses', 'anthropic', 'gemini', 'ollama'],
    group: 'Remote engine',
    field: 'dialect',
    help: 'the protocol it speaks',
    default: "the provider's; openai-chat with --url alone",
  },
  'api-key-env': {
    kind: 'text',
    value: 'NAME',
    group: 'Remote engine',
    help: 'the environment variable that holds the key',
    default: "the provider's, such as OPENAI_API_KEY, at the provider's own URL; none at another",
  },
} as const satisfies OptionSpecs;

/** Which model, wherever it is. */
export const modelOptions = {
  model: {
    kind: 'text',
    short: 'm',
    value: 'MODEL',
    group: 'Model',
    field: 'model',
    help: 'a GGUF file, a folder, org/name on the hub, or PROVIDER:NAME',
    default: 'TRAMONTANE_MODEL in the environment',
  },
  ...fileOptions,
  ...loadOptions,
  ...remoteOptions,
} as const satisfies OptionSpecs;
