import { wrongValue } from '../../request/check-value.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { ToolChoice, ToolDefinition, ToolOptions } from '../../spec/tool-definition.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * `tools` and `tool_choice` of OpenAI's responses. Tools that a server would run itself are refused: functions are all
 * that a model alone can ask for.
 *
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 */
export function responseTools({ tools, tool_choice: choice }: Fields): ToolOptions {
  const defined = toolList(tools);
  const { allowed, toolChoice } = chosen(choice);
  const told = allowed ? defined.filter(({ name }) => allowed.has(name)) : defined;
  return { ...(told.length > 0 && { tools: told }), ...(toolChoice !== undefined && { toolChoice }) };
}

function toolList(tools: unknown): ToolDefinition[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw wrongValue('tools', 'an array of tools', tools);
  return tools.map((value: unknown, at) => {
    const field = `tools[${at}]`;
    const { type, name, description, parameters } = fieldsOf(value, field);
    if (type !== 'function') {
      const message = `${field}.type is ${JSON.stringify(type) ?? 'missing'}, but only tools of type "function" can be offered here`;
      throw new TramontaneError('invalid-argument', message, { field: `${field}.type` });
    }
    if (typeof name !== 'string') throw wrongValue(`${field}.name`, 'a string', name);
    return {
      name,
      ...(typeof description === 'string' && { description }),
      // Left out, the function takes nothing.
      inputSchema: (parameters ?? { type: 'object', properties: {} }) as object,
    };
  });
}

function chosen(choice: unknown): { readonly allowed?: ReadonlySet<unknown>; readonly toolChoice?: ToolChoice } {
  if (choice === undefined || choice === null) return {};
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { toolChoice: choice };
  if (typeof choice === 'string') throw wrongValue('tool_choice', 'one of "auto", "none", "required", or an object', choice);
  const { type, name, mode, tools } = fieldsOf(choice, 'tool_choice');
  if (type === 'function' && typeof name === 'string') return { toolChoice: { type: 'tool', toolName: name } };
  if (type === 'allowed_tools' && Array.isArray(tools) && (mode === 'auto' || mode === 'required')) {
    return { allowed: new Set(tools.map((tool: { name?: unknown } | null) => tool?.name)), toolChoice: mode };
  }
  throw wrongValue('tool_choice', '{ type: "function", name } or { type: "allowed_tools", mode, tools }', choice);
}

function fieldsOf(value: unknown, field: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrongValue(field, 'an object', value);
}
