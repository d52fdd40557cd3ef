import { utf8Length } from '../request/utf8-length.ts';
import type { AnyStreamPart } from '../spec/agent-part.ts';

/** The text in a part, as UTF-8: what counts where parts wait. */
export function partBytes(part: AnyStreamPart): number {
  switch (part.type) {
    case 'text-delta':
    case 'reasoning-delta':
    case 'tool-call-delta':
      return utf8Length(part.delta);
    case 'tool-call':
      return utf8Length(part.inputText);
    case 'log-probabilities': {
      let bytes = 0;
      for (const { text, alternatives } of part.tokens) {
        bytes += utf8Length(text);
        for (const alternative of alternatives) bytes += utf8Length(alternative.text);
      }
      return bytes;
    }
    case 'tool-result':
      return utf8Length(part.content);
    case 'tool-progress':
      return part.phase === 'running' ? utf8Length(JSON.stringify(part.value) ?? '') : 0;
    case 'provider-data':
      return utf8Length(JSON.stringify(part.data) ?? '');
    default:
      return 0;
  }
}
