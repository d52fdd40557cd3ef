import { wrongValue } from '../../request/check-value.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';

/** The parts of a content that are text, and where each has it. */
const textFields: Readonly<Record<string, string>> = {
  input_text: 'text',
  output_text: 'text',
  text: 'text',
  summary_text: 'text',
  reasoning_text: 'text',
  refusal: 'refusal',
};

/**
 * The text of a content of OpenAI's responses: a string, or parts.
 *
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault: also for a part that is an image, a file or audio.
 */
export function contentText(content: unknown, field: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw wrongValue(field, 'a string or an array of parts', content);
  return content.map((part: unknown, at) => partText(part, `${field}[${at}]`)).join('');
}

function partText(part: unknown, field: string): string {
  if (typeof part !== 'object' || part === null) throw wrongValue(field, 'a part: an object', part);
  const { type } = part as { type?: unknown };
  const name = typeof type === 'string' && Object.hasOwn(textFields, type) ? textFields[type] : undefined;
  if (name === undefined) {
    const message = `${field}.type is ${JSON.stringify(type) ?? 'missing'}, and models here take text only; send input_text parts`;
    throw new TramontaneError('invalid-argument', message, { field: `${field}.type` });
  }
  const text = (part as Record<string, unknown>)[name];
  if (typeof text !== 'string') throw wrongValue(`${field}.${name}`, 'a string', text);
  return text;
}
