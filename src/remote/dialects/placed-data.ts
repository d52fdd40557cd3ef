import type { AssistantToolCall, AssistantTurn } from '../../spec/chat-message.ts';
import type { DialectName } from '../../spec/dialect-name.ts';
import { countOf, isObject, objectOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';

/** Provider data with its place in the message: how much of the text, and how many calls, came before it. */
export interface PlacedData {
  readonly block: LooseObject;
  readonly textBefore: number;
  readonly callsBefore: number;
}

/** Makes blocks of the pieces of an assistant's turn, in the order in which they were written. */
export interface BlockMakers {
  text(text: string): object[];
  call(call: AssistantToolCall): object[];
  data(block: LooseObject): object[];
}

/** The blocks of an assistant's turn, with the provider data of `dialect` in their places; text comes before calls. */
export function placedData({ content, toolCalls = [], providerData = [] }: AssistantTurn, dialect: DialectName, make: BlockMakers): object[] {
  const blocks: object[] = [];
  let textDone = 0;
  let callsDone = 0;
  const textUntil = (end: number) => {
    const text = content.slice(textDone, end);
    if (text !== '') blocks.push(...make.text(text));
    textDone = Math.max(textDone, end);
  };
  const callsUntil = (end: number) => {
    for (const call of toolCalls.slice(callsDone, end)) blocks.push(...make.call(call));
    callsDone = Math.max(callsDone, end);
  };
  for (const { dialect: owner, data } of providerData) {
    const { block, textBefore, callsBefore } = objectOf(data);
    if (owner !== dialect || !isObject(block)) continue;
    textUntil(countOf(textBefore) ?? 0);
    callsUntil(countOf(callsBefore) ?? 0);
    blocks.push(...make.data(block));
  }
  textUntil(content.length);
  callsUntil(toolCalls.length);
  return blocks;
}
