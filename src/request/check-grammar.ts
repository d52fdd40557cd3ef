import { TramontaneError } from '../spec/tramontane-error.ts';
import { copyJsonObject } from './check-json.ts';
import { checkChoice, checkFilledText, checkOptions, wrongValue } from './check-value.ts';

const grammarTypes = ['json-schema', 'regex', 'lark'] as const;
const formatTypes = ['text', 'json'] as const;

/** `grammar` and `responseFormat` of a request, checked and copied; how large they may be is the engine's business. */
export function checkGrammar(options: Readonly<Record<string, unknown>>): {
  readonly grammar: object | undefined;
  readonly responseFormat: { readonly type: string } | undefined;
} {
  const grammar = checkGrammarOption(options['grammar']);
  const responseFormat = checkResponseFormat(options['responseFormat']);
  if (grammar && responseFormat?.type === 'json') {
    const message = 'responseFormat asks for JSON while grammar asks for something of its own; leave one of them out';
    throw new TramontaneError('invalid-argument', message, { field: 'responseFormat' });
  }
  return { grammar, responseFormat };
}

function checkGrammarOption(value: unknown): object | undefined {
  if (value === undefined) return undefined;
  const grammar = checkOptions(value, 'grammar', ['type', 'schema', 'pattern', 'source'], 'grammar.');
  const type = checkChoice(grammar['type'], 'grammar.type', grammarTypes);
  switch (type) {
    case 'json-schema':
      return { type, schema: checkSchema(grammar['schema'], 'grammar.schema') };
    case 'regex':
      return { type, pattern: checkSource(grammar['pattern'], 'grammar.pattern') };
    case 'lark':
      return { type, source: checkSource(grammar['source'], 'grammar.source') };
    default:
      throw wrongValue('grammar.type', '"json-schema", "regex" or "lark"', type);
  }
}

function checkResponseFormat(value: unknown): { type: string; schema?: unknown } | undefined {
  if (value === undefined) return undefined;
  const format = checkOptions(value, 'responseFormat', ['type', 'schema'], 'responseFormat.');
  const type = checkChoice(format['type'], 'responseFormat.type', formatTypes);
  if (type === undefined) throw wrongValue('responseFormat.type', '"text" or "json"', type);
  const { schema } = format;
  if (schema === undefined) return { type };
  if (type === 'text') {
    const message = 'responseFormat.schema is about JSON; let responseFormat.type be "json"';
    throw new TramontaneError('invalid-argument', message, { field: 'responseFormat.schema' });
  }
  return { type, schema: checkSchema(schema, 'responseFormat.schema') };
}

function checkSchema(value: unknown, field: string): unknown {
  if (typeof value === 'boolean') return value;
  return copyJsonObject(value, field, 'a JSON schema: a plain object (z.toJSONSchema makes one of a schema of zod), or true');
}

function checkSource(value: unknown, field: string): string {
  const source = checkFilledText(value, field);
  if (source === undefined) throw wrongValue(field, 'a string', source);
  return source;
}
