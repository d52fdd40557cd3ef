import { wrongValue } from '../../request/check-value.ts';
import type { Grammar, ResponseFormat } from '../../spec/grammar.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { JsonBody } from '../read-json.ts';
import type { Spelling } from './field-names.ts';

/** The fields about the form of an answer: OpenAI's, and those that vLLM has besides. */
export const formatFields: readonly string[] = ['response_format', 'guided_json', 'guided_regex', 'guided_choice'];

/** How the caller spells them. */
export function formatSpelling(body: JsonBody): Spelling {
  const guided = formatFields.find((field) => field !== 'response_format' && body[field] !== undefined) ?? 'grammar';
  return [
    [/\bresponseFormat\.schema\b/g, 'response_format.json_schema.schema'],
    [/\bresponseFormat\b/g, 'response_format'],
    [/^grammar(?:\.\w+)?/g, guided],
  ];
}

/** The form of an answer in our words. */
export function readFormat(body: JsonBody): { readonly responseFormat?: ResponseFormat; readonly grammar?: Grammar } {
  const grammars = [
    grammarOf(body['guided_json'], (schema) => ({ type: 'json-schema', schema: jsonOf(schema) })),
    grammarOf(body['guided_regex'], (pattern) => ({ type: 'regex', pattern: pattern as string })),
    grammarOf(body['guided_choice'], (choices) => ({ type: 'regex', pattern: oneOf(choices) })),
  ].filter((grammar) => grammar !== undefined);
  const [grammar, second] = grammars;
  if (second) {
    const message = 'only one of guided_json, guided_regex and guided_choice can hold; leave the others out';
    throw new TramontaneError('invalid-argument', message, { field: 'guided_json' });
  }
  const format = body['response_format'];
  return { ...(grammar && { grammar }), ...(format !== undefined && { responseFormat: readResponseFormat(format) }) };
}

function grammarOf(value: unknown, toGrammar: (value: unknown) => Grammar): Grammar | undefined {
  return value === undefined ? undefined : toGrammar(value);
}

/** vLLM takes a schema as an object or as its JSON. */
function jsonOf(schema: unknown): object {
  if (typeof schema !== 'string') return schema as object;
  try {
    return JSON.parse(schema) as object;
  } catch {
    throw wrongValue('guided_json', 'a JSON schema', schema);
  }
}

function oneOf(choices: unknown): string {
  const valid = Array.isArray(choices) && choices.length > 0 && choices.every((choice) => typeof choice === 'string');
  if (!valid) throw wrongValue('guided_choice', 'an array of strings', choices);
  return `(${choices.map((choice: string) => choice.replaceAll(/[\\^$.*+?()[\]{}|/#&~-]/g, '\\$&')).join('|')})`;
}

function readResponseFormat(value: unknown): ResponseFormat {
  if (typeof value !== 'object' || value === null) throw wrongValue('response_format', 'an object with type', value);
  const { type, json_schema: jsonSchema } = value as { readonly type?: unknown; readonly json_schema?: unknown };
  switch (type) {
    case 'text':
      return { type: 'text' };
    case 'json_object':
      return { type: 'json' };
    case 'json_schema': {
      if (typeof jsonSchema !== 'object' || jsonSchema === null) {
        throw wrongValue('response_format.json_schema', 'an object with name and schema', jsonSchema);
      }
      const { schema } = jsonSchema as { readonly schema?: unknown };
      if (schema === undefined) throw wrongValue('response_format.json_schema.schema', 'a JSON schema', schema);
      return { type: 'json', schema: schema as object };
    }
    default:
      throw wrongValue('response_format.type', '"text", "json_object" or "json_schema"', type);
  }
}
