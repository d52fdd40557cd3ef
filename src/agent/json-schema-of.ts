import { TramontaneError } from '../spec/tramontane-error.ts';
import type { StandardSchema } from '../spec/standard-schema.ts';

/** What to do where a library does not tell; by its name. */
const ways: Readonly<Record<string, string>> = {
  valibot: 'wrap the schema by toStandardJsonSchema of @valibot/to-json-schema',
  zod: 'install zod 4.2 or later',
  arktype: 'install a newer arktype',
};

/** Whether a value is a schema of a library; arktype's are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as Partial<StandardSchema>)['~standard']?.validate === 'function';
}

/** The JSON schema that the model is shown. Throws `invalid-argument` where there is none. */
export function jsonSchemaOf(inputSchema: unknown, jsonSchema: unknown): unknown {
  if (jsonSchema !== undefined || !isStandardSchema(inputSchema)) return withoutDraft(jsonSchema ?? inputSchema);
  const { vendor } = inputSchema['~standard'];
  const convert = inputSchema['~standard'].jsonSchema?.input;
  if (typeof convert !== 'function') {
    const way = Object.hasOwn(ways, vendor) ? `${ways[vendor]}, or pass` : 'pass';
    throw unknownShape(`tool.inputSchema, of ${vendor}, does not say what it looks like as a JSON schema; ${way} jsonSchema beside it`);
  }
  try {
    return withoutDraft(inTarget(convert));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unknownShape(`tool.inputSchema, of ${vendor}, cannot be written as a JSON schema (${reason}); pass jsonSchema beside it`, cause);
  }
}

/** What says which draft a schema is of means nothing to a model, and some servers refuse it. */
function withoutDraft(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null || !('$schema' in schema)) return schema;
  const { $schema: _, ...others } = schema;
  return others;
}

function inTarget(convert: (options: { readonly target: string }) => Record<string, unknown>): Record<string, unknown> {
  try {
    return convert({ target: 'draft-2020-12' });
  } catch {
    // A library need not know every draft.
    return convert({ target: 'draft-07' });
  }
}

function unknownShape(message: string, cause?: unknown): TramontaneError {
  return new TramontaneError('invalid-argument', message, { field: 'tool.jsonSchema', cause });
}
