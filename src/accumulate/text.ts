import type { StreamPart } from '../spec/stream-part.ts';

/** Folds a part into the text so far, which starts as `''`. */
export function text(soFar: string, part: StreamPart): string {
  return part.type === 'text-delta' ? soFar + part.delta : soFar;
}
