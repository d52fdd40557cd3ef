import { checkBoolean, wrongValue } from '../../request/check-value.ts';
import type { ToolChoice, ToolDefinition, ToolOptions } from '../../spec/tool-definition.ts';
import type { JsonBody } from '../read-json.ts';
import type { Spelling } from './field-names.ts';

/** The fields about tools. */
export const toolFields: readonly string[] = ['tools', 'tool_choice', 'parallel_tool_calls'];

/** How OpenAI spells them. */
export const toolSpelling: Spelling = [
  [/^(tools\[\d+\])\.inputSchema\b/g, '$1.function.parameters'],
  [/^(tools\[\d+\])\.(name|description)\b/g, '$1.function.$2'],
  [/\btoolChoice\.toolName\b/g, 'tool_choice.function.name'],
  [/\btoolChoice\b/g, 'tool_choice'],
  [/\binputSchema\b/g, 'parameters'],
];

/** Tools in our words, and whether the answer is to have one call at most. */
export function readTools(body: JsonBody): { readonly options: ToolOptions; readonly firstCallOnly: boolean } {
  const { tools, tool_choice: choice } = body;
  const defined = tools === undefined ? undefined : readToolList(tools);
  const { allowed, toolChoice } = choice === undefined ? {} : readToolChoice(choice);
  const unknown = allowed?.find((name) => !defined?.some((tool) => tool.name === name));
  if (unknown !== undefined) throw wrongValue('tool_choice.allowed_tools.tools', 'some of tools', unknown);
  return {
    options: {
      ...(defined && { tools: allowed ? defined.filter(({ name }) => allowed.includes(name)) : defined }),
      ...(toolChoice !== undefined && { toolChoice }),
    },
    firstCallOnly: checkBoolean(body['parallel_tool_calls'], 'parallel_tool_calls') === false,
  };
}

function readToolList(value: unknown): ToolDefinition[] {
  if (!Array.isArray(value)) throw wrongValue('tools', 'an array of tools', value);
  return value.map((entry: unknown, index) => {
    const field = `tools[${index}]`;
    const { type, function: definition } = (entry ?? {}) as { readonly type?: unknown; readonly function?: unknown };
    if (type !== 'function') throw wrongValue(`${field}.type`, '"function"', type);
    if (typeof definition !== 'object' || definition === null) throw wrongValue(`${field}.function`, 'an object with name and parameters', definition);
    const { name, description, parameters } = definition as Readonly<Record<string, unknown>>;
    return {
      // The engine checks names, descriptions and schemas.
      name: name as string,
      ...(typeof description === 'string' && description !== '' && { description }),
      inputSchema: (parameters ?? { type: 'object', properties: {} }) as object,
    };
  });
}

/** What is chosen, and where only some of the tools are to be told to the model, their names. */
function readToolChoice(value: unknown): { readonly toolChoice: ToolChoice; readonly allowed?: readonly unknown[] } {
  if (value === 'auto' || value === 'none' || value === 'required') return { toolChoice: value };
  const { type, function: named, allowed_tools: allowed } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly type?: unknown;
    readonly function?: NamedTool | null;
    readonly allowed_tools?: { readonly mode?: unknown; readonly tools?: unknown } | null;
  };
  if (type === 'function' && typeof named?.name === 'string') return { toolChoice: { type: 'tool', toolName: named.name } };
  const { mode, tools } = allowed ?? {};
  if (type === 'allowed_tools' && (mode === 'auto' || mode === 'required') && Array.isArray(tools) && tools.length > 0) {
    return { toolChoice: mode, allowed: tools.map((tool: { readonly function?: NamedTool | null } | null) => tool?.function?.name ?? null) };
  }
  const expected = '"auto", "none", "required", { type: "function", function: { name } } or { type: "allowed_tools", allowed_tools: { mode, tools } }';
  throw wrongValue('tool_choice', expected, value);
}

interface NamedTool {
  readonly name?: unknown;
}
