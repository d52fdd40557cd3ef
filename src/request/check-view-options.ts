import type {
  NodeReadableOptions,
  OpenAIChunkOptions,
  PrintOptions,
  StreamResponseOptions,
} from '../spec/view-options.ts';
import { checkBoolean, checkChoice, checkInteger, checkOptions, checkText, guardCheck, wrongValue } from './check-value.ts';

const chunkOptionNames = namesOf<OpenAIChunkOptions>({ id: true, model: true, created: true, includeUsage: true });
const responseOptionNames = [
  ...namesOf<Omit<StreamResponseOptions, keyof OpenAIChunkOptions>>({ format: true, headers: true, status: true }),
  ...chunkOptionNames,
];
const readableOptionNames = namesOf<NodeReadableOptions>({ format: true });
const printOptionNames = namesOf<PrintOptions>({ reasoning: true });

/** Checks what `toOpenAIChunks` was given. Throws `invalid-argument`. */
export function checkChunkOptions(options: OpenAIChunkOptions | undefined): OpenAIChunkOptions {
  return guardCheck('options', () => checkedChunkOptions(checkOptions(options, 'options', chunkOptionNames)));
}

/** Checks what `toResponse` was given. Throws `invalid-argument`. */
export function checkResponseOptions(options: StreamResponseOptions | undefined): StreamResponseOptions {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', responseOptionNames);
    return {
      ...checkedChunkOptions(checked),
      format: checkChoice(checked['format'], 'format', ['text', 'sse', 'openai-sse']),
      headers: checkHeaders(checked['headers']),
      // What a Response may have together with a body.
      status: checkInteger(checked['status'], 'status', { min: 200, max: 599 }),
    };
  });
}

/** Checks what `toNodeReadable` was given. Throws `invalid-argument`. */
export function checkNodeReadableOptions(options: NodeReadableOptions | undefined): NodeReadableOptions {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', readableOptionNames);
    return { format: checkChoice(checked['format'], 'format', ['text', 'parts']) };
  });
}

/** Checks what `printStream` was given. Throws `invalid-argument`. */
export function checkPrintOptions(options: PrintOptions | undefined): PrintOptions {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', printOptionNames);
    return { reasoning: checkBoolean(checked['reasoning'], 'reasoning') };
  });
}

/** Checks how many branches `tee` is to make. Throws `invalid-argument`. */
export function checkBranches(branches: unknown): number {
  return checkInteger(branches, 'branches', { min: 1, max: 1024 }) ?? 2;
}

function checkedChunkOptions(checked: Readonly<Record<string, unknown>>): OpenAIChunkOptions {
  return {
    id: checkText(checked['id'], 'id'),
    model: checkText(checked['model'], 'model'),
    created: checkInteger(checked['created'], 'created', { min: 0, max: Number.MAX_SAFE_INTEGER }),
    includeUsage: checkBoolean(checked['includeUsage'], 'includeUsage'),
  };
}

function checkHeaders(value: unknown): Headers | undefined {
  if (value === undefined) return undefined;
  try {
    return new Headers(value as ConstructorParameters<typeof Headers>[0]);
  } catch {
    throw wrongValue('headers', 'what `new Headers()` takes', value);
  }
}

function namesOf<Options>(names: Record<keyof Options, true>): string[] {
  return Object.keys(names);
}
