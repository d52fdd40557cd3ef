import type { AssistantMessage } from '../spec/assistant-message.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import { MessageFold } from './message-fold.ts';

/**
 * The message that parts come to: those of any stream, read to its end, or a list of them. Tool calls are put together
 * as {@link MessageFold} does. Of a `GenerationStream`, `result()` gives the same and more.
 *
 * @throws What reading the parts throws.
 * @example
 * const message = await finalMessage(partsOfARemoteEngine);
 */
export function finalMessage(parts: Iterable<StreamPart>): AssistantMessage;
export function finalMessage(parts: AsyncIterable<StreamPart>): Promise<AssistantMessage>;
export function finalMessage(
  parts: Iterable<StreamPart> | AsyncIterable<StreamPart>,
): AssistantMessage | Promise<AssistantMessage> {
  if (Symbol.asyncIterator in parts) return foldAll(parts);
  const fold = new MessageFold();
  for (const part of parts) fold.add(part);
  return fold.message;
}

async function foldAll(parts: AsyncIterable<StreamPart>): Promise<AssistantMessage> {
  const fold = new MessageFold();
  for await (const part of parts) fold.add(part);
  return fold.message;
}
