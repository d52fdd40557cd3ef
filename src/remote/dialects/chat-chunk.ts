import { textOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';

/** Whether an event is one of chat completions, where it should be one of responses. */
export function isChatChunk(frame: LooseObject): boolean {
  if (frame['type'] !== undefined) return false;
  return textOf(frame['object']).startsWith('chat.completion') || Array.isArray(frame['choices']);
}
