import { readFile } from 'node:fs/promises';
import type { GenerateOptions } from '../../index.ts';
import type { OptionSpecs, ValuesOf } from '../arguments/option.ts';
import { CommandError } from '../command-error.ts';

/** How to hold a reply to a form. */
export const formOptions = {
  schema: { kind: 'text', value: 'FILE', group: 'Form', help: 'a file with the JSON schema that the reply has to follow' },
  'json-schema': { kind: 'text', value: 'JSON', group: 'Form', help: 'the same schema, on the command line' },
  'json-object': { kind: 'flag', group: 'Form', help: 'the reply has to be a JSON object, of any form' },
  regex: { kind: 'text', value: 'PATTERN', group: 'Form', field: 'grammar.pattern', help: 'a regular expression that the whole reply has to match' },
} as const satisfies OptionSpecs;

/**
 * The form that was asked for, as the library takes it.
 *
 * @throws {CommandError} Where there are two, or a schema cannot be read.
 */
export async function replyForm(values: ValuesOf<typeof formOptions>): Promise<Pick<GenerateOptions, 'responseFormat' | 'grammar'>> {
  const { schema: file, 'json-schema': text, 'json-object': anyObject, regex } = values;
  const given = [file !== undefined, text !== undefined, anyObject, regex !== undefined].filter(Boolean);
  if (given.length > 1) throw CommandError.usage('a reply has one form: give one of --schema, --json-schema, --json-object and --regex');
  if (regex !== undefined) return { grammar: { type: 'regex', pattern: regex } };
  if (anyObject) return { responseFormat: { type: 'json' } };
  if (text !== undefined) return { responseFormat: { type: 'json', schema: parsedSchema(text, '--json-schema', true) } };
  if (file !== undefined) return { responseFormat: { type: 'json', schema: parsedSchema(await contentOf(file), file, false) } };
  return {};
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CommandError(`the schema ${file} cannot be read: ${(cause as Error).message}`, undefined, cause);
  }
}

function parsedSchema(text: string, place: string, typed: boolean): object | boolean {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (cause) {
    const message = `${place} is not JSON: ${(cause as Error).message}`;
    throw typed ? CommandError.usage(message) : new CommandError(message, undefined, cause);
  }
  if (typeof schema === 'boolean' || (typeof schema === 'object' && schema !== null && !Array.isArray(schema))) return schema;
  throw typed ? CommandError.usage(`${place} must be an object`) : new CommandError(`${place} must hold an object, a JSON schema`);
}
