import type { AgentRunOptions } from '../spec/agent-options.ts';
import type { AgentTool } from '../spec/agent-tool.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import type { ToolChoice, ToolDefinition } from '../spec/tool-definition.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { BufferBudget } from './check-buffer.ts';
import { checkChatRequest, checkPromptRequest, generateOptionNames } from './check-request.ts';
import { checkTools } from './check-tools.ts';
import { checkFilledText, checkFunction, checkInteger, checkNumber, checkOptions, guardCheck, wrongValue } from './check-value.ts';

type Options = Readonly<Record<string, unknown>>;

/** What an agent is made of, besides its model. */
export interface CheckedAgent {
  readonly tools: ReadonlyMap<string, AgentTool>;
  readonly definitions: readonly ToolDefinition[];
  readonly instructions: string | undefined;
  /** Of its runs, where they say nothing else. */
  readonly defaults: Options;
}

/** A run that was checked and copied: nothing the caller does afterwards changes it. */
export interface CheckedRun extends RunLimits {
  readonly tools: ReadonlyMap<string, AgentTool>;
  readonly definitions: readonly ToolDefinition[];
  /** The conversation that it begins with. */
  readonly messages: readonly ChatMessage[];
  /** How each round generates; `toolChoice`, tools and the signal apart. */
  readonly options: GenerateOptions;
  readonly toolChoice: ToolChoice | undefined;
  readonly abortSignal: AbortSignal | undefined;
  readonly budget: BufferBudget;
}

interface RunLimits {
  readonly maxRounds: number;
  readonly maxParallelTools: number;
  readonly toolTimeoutMs: number;
  readonly onToolCall: AgentRunOptions['onToolCall'];
  readonly prepareRound: AgentRunOptions['prepareRound'];
}

/** Timers take no more. */
const longestTimeoutMs = 2 ** 31 - 1;

const limitNames = Object.keys({
  maxRounds: true,
  maxParallelTools: true,
  toolTimeoutMs: true,
  onToolCall: true,
  prepareRound: true,
} satisfies Record<keyof RunLimits, true>);
const runNames = [...generateOptionNames.filter((name) => name !== 'tools'), ...limitNames];

/** Checks what an agent is made of. Throws `invalid-argument`. */
export function checkAgent(options: unknown): CheckedAgent {
  return guardCheck('options', () => {
    if (options === undefined) throw wrongValue('options', 'an object with a model', options);
    const { model, tools, instructions, ...defaults } = checkOptions(options, 'options', ['model', 'tools', 'instructions', ...runNames]);
    const { streamChat, info } = (model ?? {}) as { readonly streamChat?: unknown; readonly info?: { readonly model?: unknown } };
    if (typeof streamChat !== 'function' || typeof info?.model !== 'string') throw wrongValue('model', 'a model', model);
    const list = checkToolList(tools);
    const agent = {
      tools: new Map(list.map((tool) => [tool.name, tool])),
      definitions: checkTools({ tools: list.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })) }).tools ?? [],
      instructions: checkFilledText(instructions, 'instructions'),
      defaults,
    };
    // What is wrong with the defaults is to be known now, and not with the first run.
    checkPromptRun(agent, 'any', undefined);
    return agent;
  });
}

/** Checks a run that begins with one user message. Throws `invalid-argument`. */
export function checkPromptRun(agent: CheckedAgent, prompt: string, options: AgentRunOptions | undefined): CheckedRun {
  return checkRun(agent, options, (generate) => checkPromptRequest(prompt, generate));
}

/** Checks a run that goes on with a conversation. Throws `invalid-argument`. */
export function checkChatRun(agent: CheckedAgent, messages: readonly ChatMessage[], options: AgentRunOptions | undefined): CheckedRun {
  return checkRun(agent, options, (generate) => checkChatRequest(messages, generate));
}

function checkRun(
  { tools, definitions, instructions, defaults }: CheckedAgent,
  options: unknown,
  checkRequest: (generate: GenerateOptions) => ReturnType<typeof checkChatRequest>,
): CheckedRun {
  return guardCheck('options', () => {
    const merged = { ...defaults, ...withoutUndefined(checkOptions(options, 'options', runNames)) };
    const limits = checkLimits(merged);
    const { toolChoice, ...generate } = merged as GenerateOptions;
    for (const name of limitNames) delete (generate as Record<string, unknown>)[name];
    const { prompt, options: checked, abortSignal, timeouts, budget } = checkRequest(generate);
    const { messages } = prompt as { readonly messages: readonly ChatMessage[] };
    const hasInstructions = instructions === undefined || messages[0]?.role === 'system';
    return {
      ...limits,
      tools,
      definitions,
      messages: hasInstructions ? messages : [{ role: 'system', content: instructions }, ...messages],
      options: {
        ...checked,
        ...timeouts,
        maxBufferedParts: budget.maxParts,
        maxBufferedBytes: budget.maxBytes,
        bufferPolicy: budget.policy,
      },
      toolChoice: checkTools({ tools: definitions, toolChoice }).toolChoice as ToolChoice | undefined,
      abortSignal,
      budget,
    };
  });
}

function checkLimits(options: Options): RunLimits {
  return {
    maxRounds: checkInteger(options['maxRounds'], 'maxRounds', { min: 1, max: 1000 }) ?? 10,
    maxParallelTools: checkInteger(options['maxParallelTools'], 'maxParallelTools', { min: 1, max: 128 }) ?? 8,
    toolTimeoutMs: checkToolTimeout(options['toolTimeoutMs'], 'toolTimeoutMs') ?? 60_000,
    onToolCall: checkFunction(options['onToolCall'], 'onToolCall') as AgentRunOptions['onToolCall'],
    prepareRound: checkFunction(options['prepareRound'], 'prepareRound') as AgentRunOptions['prepareRound'],
  };
}

/** A tool's timeout, or `undefined` where none was given. */
export function checkToolTimeout(value: unknown, field: string): number | undefined {
  return checkNumber(value, field, { min: 0, max: longestTimeoutMs });
}

function checkToolList(value: unknown): AgentTool[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrongValue('tools', 'an array of tools', value);
  return Array.from(value, (tool: Partial<AgentTool> | null | undefined, index) => {
    if (typeof tool?.validateInput === 'function') return tool as AgentTool;
    const field = `tools[${index}]`;
    throw new TramontaneError('invalid-argument', `${field} must be a tool; make it with tool()`, { field });
  });
}

function withoutUndefined(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
