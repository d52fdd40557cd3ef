import type { CheckedToolInput } from '../spec/agent-tool.ts';
import type { StandardSchemaIssue } from '../spec/standard-schema.ts';
import { isStandardSchema } from './json-schema-of.ts';
import { schemaProblems } from './schema-problems.ts';

/** More say nothing to a model that the first ones do not. */
const mostProblems = 8;

/** What validates a tool's input, by its schema. */
export function inputCheck(schema: unknown): (input: unknown) => Promise<CheckedToolInput> {
  if (!isStandardSchema(schema)) {
    return async (value) => {
      const problems = schemaProblems(schema, value);
      return problems.length === 0 ? { value } : { problem: joined(problems) };
    };
  }
  return async (input) => {
    const result = await schema['~standard'].validate(input);
    return result.issues ? { problem: joined(result.issues.map(textOf)) } : { value: result.value };
  };
}

function textOf({ message, path = [] }: StandardSchemaIssue): string {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  const place = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('').replace(/^\./, '');
  // Some libraries have the path in their messages already.
  return place === '' || message.startsWith(place) ? message : `${place}: ${message}`;
}

function joined(problems: readonly string[]): string {
  const more = problems.length - mostProblems;
  return problems.slice(0, mostProblems).join('; ') + (more > 0 ? `; and ${more} more` : '');
}
