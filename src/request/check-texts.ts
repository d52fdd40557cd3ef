import { guardCheck, wrongValue } from './check-value.ts';

const mostTexts = 2048;

/** Checks and copies texts to be embedded. Throws `invalid-argument`. */
export function checkTexts(texts: unknown): string[] {
  return guardCheck('texts', () => {
    if (!Array.isArray(texts) || texts.length === 0 || texts.length > mostTexts) {
      throw wrongValue('texts', `an array of 1 to ${mostTexts} strings`, texts);
    }
    return Array.from(texts, (text: unknown, index) => {
      if (typeof text !== 'string') throw wrongValue(`texts[${index}]`, 'a string', text);
      return text.toWellFormed();
    });
  });
}
