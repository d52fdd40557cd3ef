import { checkToolTimeout } from '../request/check-agent.ts';
import { checkTool } from '../request/check-tools.ts';
import { checkFunction, checkOptions, guardCheck, wrongValue } from '../request/check-value.ts';
import type { AgentTool, ToolInput, ToolSpec } from '../spec/agent-tool.ts';
import type { StandardSchema } from '../spec/standard-schema.ts';
import { inputCheck } from './input-check.ts';
import { jsonSchemaOf } from './json-schema-of.ts';

const specNames = Object.keys({
  name: true,
  description: true,
  inputSchema: true,
  jsonSchema: true,
  timeoutMs: true,
  execute: true,
} satisfies Record<keyof ToolSpec<object>, true>);

/**
 * A tool for an agent: what the model is told of it, how its input is checked, and what runs. The type of the input
 * follows from the schema.
 *
 * @param spec - The tool; it is read now.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault: `tool.jsonSchema` where `inputSchema` cannot tell what
 *   it looks like as a JSON schema.
 * @example
 * const weather = tool({
 *   name: 'get_weather',
 *   description: 'The weather of a city at this moment.',
 *   inputSchema: z.object({ city: z.string() }),
 *   execute: async ({ city }, { abortSignal }) => (await fetch(`https://weather.example/${city}`, { signal: abortSignal })).json(),
 * });
 */
export function tool<Schema extends StandardSchema | object>(spec: ToolSpec<Schema>): AgentTool<ToolInput<Schema>> {
  return guardCheck('tool', () => {
    if (spec === undefined) throw wrongValue('tool', 'an object with name and inputSchema', spec);
    checkOptions(spec, 'tool', specNames, 'tool.');
    const { name, description, inputSchema, jsonSchema, timeoutMs } = spec;
    const execute = checkFunction(spec.execute, 'tool.execute') as AgentTool['execute'];
    const made: AgentTool = {
      ...checkTool({ name, description, inputSchema: jsonSchemaOf(inputSchema, jsonSchema) }, 'tool'),
      timeoutMs: checkToolTimeout(timeoutMs, 'tool.timeoutMs'),
      validateInput: inputCheck(inputSchema),
      // As a method of the spec, which may use `this`.
      ...(execute && { execute: (input, context) => execute.call(spec, input, context) }),
    };
    return made as AgentTool<ToolInput<Schema>>;
  });
}
