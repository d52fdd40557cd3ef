import { TramontaneError } from '../spec/tramontane-error.ts';
import { copyJsonObject } from './check-json.ts';
import { checkOptions, checkText, wrongValue } from './check-value.ts';

type Options = Readonly<Record<string, unknown>>;

const maxTools = 128;
const choiceWords = new Set(['auto', 'none', 'required']);

/** A tool as the engine is given it. */
interface CheckedTool {
  readonly name: string;
  readonly description: string | undefined;
  readonly inputSchema: object;
}

/** `tools` and `toolChoice` of a request, checked and copied. Both are left out where there are no tools. */
export function checkTools(options: Options): { readonly tools?: CheckedTool[]; readonly toolChoice?: unknown } {
  const tools = checkToolList(options['tools']);
  const toolChoice = checkToolChoice(options['toolChoice'], tools);
  return tools.length === 0 ? {} : { tools, toolChoice };
}

/** Whether a checked `toolChoice` makes the model call a tool. */
export function forcesTool(toolChoice: unknown): boolean {
  return toolChoice === 'required' || typeof toolChoice === 'object';
}

function checkToolList(value: unknown): CheckedTool[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > maxTools) throw wrongValue('tools', `an array of at most ${maxTools} tools`, value);
  const names = new Set<string>();
  return Array.from(value, (tool: unknown, index) => {
    const field = `tools[${index}]`;
    const checked = checkTool(tool, field);
    if (names.has(checked.name)) {
      const message = `${field}.name is "${checked.name}", as that of a tool before it is; give each a name of its own`;
      throw new TramontaneError('invalid-argument', message, { field: `${field}.name` });
    }
    names.add(checked.name);
    return checked;
  });
}

/** One tool, checked and copied. */
export function checkTool(value: unknown, field: string): CheckedTool {
  if (value === undefined) throw wrongValue(field, 'an object with name and inputSchema', value);
  const tool = checkOptions(value, field, ['name', 'description', 'inputSchema'], `${field}.`);
  const name = tool['name'];
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw wrongValue(`${field}.name`, '1 to 64 letters, digits, underscores and hyphens', name);
  }
  return {
    name,
    description: checkText(tool['description'], `${field}.description`),
    inputSchema: copyJsonObject(tool['inputSchema'], `${field}.inputSchema`, 'a JSON schema: a plain object'),
  };
}

function checkToolChoice(value: unknown, tools: readonly CheckedTool[]): unknown {
  if (value === undefined) return undefined;
  const choice = typeof value === 'string' ? checkChoiceWord(value) : checkNamedTool(value, tools);
  if (forcesTool(choice) && tools.length === 0) {
    throw new TramontaneError('invalid-argument', 'toolChoice asks for a call, but there are no tools; pass tools too', {
      field: 'toolChoice',
    });
  }
  return choice;
}

function checkChoiceWord(value: string): string {
  if (choiceWords.has(value)) return value;
  throw wrongValue('toolChoice', '"auto", "none", "required" or { type: "tool", toolName }', value);
}

function checkNamedTool(value: unknown, tools: readonly CheckedTool[]): object {
  const choice = checkOptions(value, 'toolChoice', ['type', 'toolName'], 'toolChoice.');
  if (choice['type'] !== 'tool') throw wrongValue('toolChoice.type', '"tool"', choice['type']);
  const toolName = choice['toolName'];
  const named = tools.find(({ name }) => name === toolName);
  if (!named) throw wrongValue('toolChoice.toolName', 'the name of one of the tools', toolName);
  return { type: 'tool', toolName: named.name };
}
