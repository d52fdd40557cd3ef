import { checkReplyFormats } from '../request/check-reply-formats.ts';
import { checkInteger, checkOptions, checkText, guardCheck, largestCount, wrongValue } from '../request/check-value.ts';
import type { Script, ScriptedReply } from './script.ts';

const scriptNames = Object.keys({
  replies: true,
  contextLength: true,
  loadMs: true,
  reasoningFormat: true,
  toolCallFormat: true,
} satisfies Record<keyof Script, true>);
const replyNames = Object.keys({
  text: true,
  prefillMs: true,
  stepMs: true,
  failAfterTokens: true,
} satisfies Record<keyof ScriptedReply, true>);

/** Checks a script and writes it as the native library reads it. Throws `invalid-argument`. */
export function checkScript(script: Script): string {
  return guardCheck('script', () => {
    const checked = checkOptions(script, 'script', scriptNames);
    const replies: unknown = checked['replies'];
    if (!Array.isArray(replies)) throw wrongValue('replies', 'an array of replies', replies);
    if (replies.length === 0) throw wrongValue('replies', 'at least one reply', replies);
    return JSON.stringify({
      scripted: {
        replies: Array.from(replies, (reply: unknown, index) => checkReply(reply, `replies[${index}]`)),
        contextLength: checkInteger(checked['contextLength'], 'contextLength', { min: 1, max: largestCount }),
        loadMs: count(checked['loadMs'], 'loadMs'),
        ...checkReplyFormats(checked),
      },
    });
  });
}

function checkReply(reply: unknown, field: string): object {
  if (typeof reply === 'string') return { text: checkText(reply, field) };
  if (reply === undefined) throw wrongValue(field, 'a string or an object with text', reply);
  const checked = checkOptions(reply, field, replyNames);
  const text = checkText(checked['text'], `${field}.text`);
  if (text === undefined) throw wrongValue(`${field}.text`, 'a string', text);
  const failAfterTokens = checked['failAfterTokens'] ?? undefined;
  return {
    text,
    prefillMs: count(checked['prefillMs'], `${field}.prefillMs`),
    stepMs: count(checked['stepMs'], `${field}.stepMs`),
    failAfterTokens: count(failAfterTokens, `${field}.failAfterTokens`),
  };
}

function count(value: unknown, field: string): number | undefined {
  return checkInteger(value, field, { min: 0, max: largestCount });
}
