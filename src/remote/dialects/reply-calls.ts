import type { StreamPart } from '../../spec/stream-part.ts';
import { WholeCharacters } from '../../views/whole-characters.ts';
import { WholeObject } from './whole-object.ts';

/** More than that are refused: a hostile server must not make a list of any length. */
export const mostCalls = 128;

/** What a fragment says of its call; servers leave out nearly everything. */
export interface CallFragment {
  readonly index?: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly inputText: string;
}

/** A call as far as it has come. */
export class ReplyCall {
  readonly order: number;
  /** As the server has it; may be empty, or that of another call. */
  readonly serverId: string;
  readonly toolCallId: string;
  name: string;
  inputText = '';
  started = false;
  complete = false;
  readonly whole = new WholeObject();
  readonly characters = new WholeCharacters();
  /** Fragments that came before the name. */
  held = '';

  constructor(order: number, serverId: string, toolCallId: string, name: string) {
    this.order = order;
    this.serverId = serverId;
    this.toolCallId = toolCallId;
    this.name = name;
  }
}

/**
 * The tool calls of one reply, put together from fragments and passed on as parts. A call's `index` is its place among
 * the reply's calls, whatever the server's own was, and its id is the server's where that is there and not taken.
 */
export class ReplyCalls {
  readonly #emit: (part: StreamPart) => void;
  readonly #tooMany: () => void;
  readonly #calls: ReplyCall[] = [];
  readonly #ids = new Set<string>();
  readonly #atIndex = new Map<number, ReplyCall>();
  #last: ReplyCall | undefined;

  /** @param tooMany - asked to end the reply, where a call is one more than there may be */
  constructor(emit: (part: StreamPart) => void, tooMany: () => void) {
    this.#emit = emit;
    this.#tooMany = tooMany;
  }

  get anyComplete(): boolean {
    return this.#calls.some(({ complete }) => complete);
  }

  /** Takes in a fragment, wherever it belongs. */
  add(fragment: CallFragment): void {
    const call = this.#callOf(fragment);
    if (!call) return;
    if (!call.started && fragment.name !== '' && fragment.name !== call.name) call.name += fragment.name;
    this.write(call, fragment.inputText);
    this.#last = call;
  }

  /** Begins a call whose place and name the protocol tells for certain. Nothing where there are too many. */
  begin(id: string, name: string): ReplyCall | undefined {
    const order = this.#calls.length;
    if (order === mostCalls) {
      this.#tooMany();
      return undefined;
    }
    const call = new ReplyCall(order, id, this.#freeId(id, order), name);
    this.#calls.push(call);
    this.#last = call;
    return call;
  }

  /** Goes on with a call's arguments. */
  write(call: ReplyCall | undefined, piece: string): void {
    if (!call || piece === '' || call.complete) return;
    call.whole.add(piece);
    if (call.name === '') {
      call.held += piece;
      return;
    }
    this.#start(call);
    this.#delta(call, call.characters.take(piece));
  }

  /** Arguments as a whole, where they may have come in pieces before: what of them is new is passed on. */
  told(call: ReplyCall, inputText: string): void {
    const known = call.inputText + call.held;
    if (inputText.length > known.length && inputText.startsWith(known)) this.write(call, inputText.slice(known.length));
  }

  /** Nothing of a call is missing. */
  finish(call: ReplyCall): void {
    if (call.complete) return;
    this.#start(call);
    this.#delta(call, call.characters.rest().toWellFormed());
    call.complete = true;
    const { order: index, toolCallId, name: toolName } = call;
    const input = inputOf(call.inputText);
    this.#emit({ type: 'tool-call', index, toolCallId, toolName, input, inputText: call.inputText });
  }

  /** The reply came to its own end: every call is whole. */
  finishAll(): void {
    for (const call of this.#calls) this.finish(call);
  }

  /** The reply was cut: only calls behind which another began, and whose arguments are whole, are calls. */
  finishWhole(): void {
    for (const call of this.#calls) {
      if (call !== this.#last && call.whole.complete && inputOf(call.inputText + call.held) !== undefined) this.finish(call);
    }
  }

  /**
   * By index, by id, or by what is still open. Seen in the wild: no index (Gemini's compatible endpoint), index 0 for
   * every call (ggml-org/llama.cpp#18591), another id with every fragment (vLLM before 0.7), no ids, names in pieces,
   * names repeated with every fragment.
   */
  #callOf({ index, id, name, inputText }: CallFragment): ReplyCall | undefined {
    const open = index === undefined ? this.#callWithoutIndex(id) : this.#atIndex.get(index);
    if (open && !open.complete && !isAnother(open, id, name)) return open;
    if (name === '' && id !== '') {
      const known = this.#calls.find((call) => call.serverId === id && !call.complete);
      if (known) return known;
    }
    // A fragment that says nothing begins nothing.
    if (name === '' && id === '' && inputText === '') return undefined;
    if (open && !open.complete && index !== undefined) this.finish(open);
    const call = this.begin(id, '');
    if (call && index !== undefined) this.#atIndex.set(index, call);
    return call;
  }

  #callWithoutIndex(id: string): ReplyCall | undefined {
    return (id !== '' && this.#calls.find((call) => call.serverId === id)) || (id === '' ? this.#last : undefined);
  }

  #freeId(id: string, order: number): string {
    let free = id === '' ? `call_${order}` : id;
    while (this.#ids.has(free)) free += `_${order}`;
    this.#ids.add(free);
    return free;
  }

  #start(call: ReplyCall): void {
    if (call.started) return;
    call.started = true;
    const { order: index, toolCallId, name: toolName, held } = call;
    this.#emit({ type: 'tool-call-start', index, toolCallId, toolName });
    call.held = '';
    this.#delta(call, call.characters.take(held));
  }

  #delta(call: ReplyCall, piece: string): void {
    if (piece === '') return;
    const delta = piece.toWellFormed();
    call.inputText += delta;
    this.#emit({ type: 'tool-call-delta', index: call.order, toolCallId: call.toolCallId, delta });
  }
}

/** Whether a fragment at an open call's place belongs to another call. */
function isAnother(open: ReplyCall, id: string, name: string): boolean {
  if (name === '') return false;
  if (id !== '' && open.serverId !== '' && id !== open.serverId) return true;
  // The same id, or none: a name in pieces or said again, unless the arguments are already whole.
  return (id === '' || open.serverId === '') && open.name !== '' && open.whole.complete;
}

/** The arguments; none at all stand for an empty object. */
function inputOf(inputText: string): unknown {
  if (inputText.trim() === '') return {};
  try {
    return JSON.parse(inputText);
  } catch {
    return undefined;
  }
}
