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
  return {
    options: {
      ...(tools !== undefined && { tools: readToolList(tools) }),
      ...(choice !== undefined && { toolChoice: readToolChoice(choice) }),
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

function readToolChoice(value: unknown): ToolChoice {
  if (value === 'auto' || value === 'none' || value === 'required') return value;
  const { type, function: named } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly type?: unknown;
    readonly function?: { readonly name?: unknown } | null;
  };
  const expected = '"auto", "none", "required" or { type: "function", function: { name } }';
  if (type !== 'function' || typeof named?.name !== 'string') throw wrongValue('tool_choice', expected, value);
  return { type: 'tool', toolName: named.name };
}
