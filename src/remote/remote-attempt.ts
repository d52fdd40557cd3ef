import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import type { Usage } from '../spec/usage.ts';
import type { EventDecoder, RemoteRequest, RequestBody, Spoken } from './dialect.ts';
import type { Endpoint } from './endpoint.ts';
import { eventsOf } from './event-batches.ts';
import { RemoteCall } from './remote-call.ts';
import { RemoteFailure, failureOf } from './remote-failure.ts';

/** A request in the protocol that is spoken where it goes. */
export interface Asked {
  readonly spoken: Spoken;
  readonly body: RequestBody;
}

/** Puts a request into words. Throws `invalid-argument` for what cannot be said. */
export function asked(endpoint: Endpoint, request: RemoteRequest): Asked {
  const { spoken } = endpoint;
  return { spoken, body: spoken.dialect.request(request, spoken.settings) };
}

/** Who gets the parts of an answer. */
export interface PartTaker {
  /** Whether nothing more is wanted. */
  isOver(): boolean;
  /** Resolves when there may be read on. */
  untilResumed(): Promise<void>;
  /** @returns the failure that the parts end with */
  take(parts: readonly (StreamPart | FailurePart)[]): RemoteFailure | undefined;
}

/** One call for an answer, which may be one of several. */
export class RemoteAttempt {
  readonly #endpoint: Endpoint;
  readonly #body: RequestBody;
  readonly #call: RemoteCall;
  readonly #decoder: EventDecoder;

  constructor(endpoint: Endpoint, request: RemoteRequest, { spoken, body }: Asked, awaited: boolean) {
    this.#endpoint = endpoint;
    this.#body = body;
    this.#call = new RemoteCall(endpoint, awaited);
    this.#decoder = spoken.dialect.decoder(request, spoken.settings);
  }

  /** What the engine has told of its tokens. Nothing can be read afterwards. */
  get usage(): Usage | undefined {
    const last = this.#decoder.end().at(-1);
    return last?.type === 'finish' || last?.type === 'error' ? last.usage : undefined;
  }

  setAwaited(awaited: boolean): void {
    this.#call.setAwaited(awaited);
  }

  close(): void {
    this.#call.close();
  }

  /** Gives the answer's parts to `taker`. @returns why it did not come to its end, where it did not */
  async read(taker: PartTaker): Promise<RemoteFailure | undefined> {
    let broke: RemoteFailure | undefined;
    try {
      for await (const events of eventsOf(this.#call, this.#body, this.#endpoint, () => taker.untilResumed())) {
        for (const event of events) {
          const failure = taker.take(this.#decoder.push(event));
          if (!failure && !taker.isOver()) continue;
          this.#call.release();
          return failure;
        }
      }
    } catch (error) {
      if (taker.isOver()) return undefined;
      broke = failureOf(error);
    }
    if (taker.isOver()) return undefined;
    // Also where the connection broke: the protocol may have said before how the answer ends.
    const failure = taker.take(this.#decoder.end()) ?? (taker.isOver() ? undefined : failureOf(new Error('it has no end')));
    this.#call.close();
    return broke && failure ? new RemoteFailure({ ...failure.failure, ...broke.failure }, broke.retry) : failure;
  }
}
