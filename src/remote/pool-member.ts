import type { MemberHealth } from '../spec/pool-options.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { ErrorCode } from '../spec/error-code.ts';
import type { LanguageModel } from '../stream/language-model.ts';

const firstRestMs = 1_000;
const longestRestMs = 60_000;

/** Failures that are the member's, so that another one may do better. All others are the request's. */
const memberFailures: ReadonlySet<ErrorCode> = new Set([
  'closed',
  'connection-failed',
  'connection-lost',
  'deadline-exceeded',
  'engine-failed',
  'model-not-found',
  'native-unavailable',
  'queue-full',
  'rate-limited',
  'remote-failed',
  'unauthorized',
]);

/** Whether an error says something of the member that gave it, and not of what it was asked. */
export function isMemberFailure(error: unknown): boolean {
  return !TramontaneError.isInstance(error) || memberFailures.has(error.code);
}

/**
 * One model of a pool, and how it is doing. After a failure it rests, longer each time; then one stream at a time may try
 * it, until one succeeds.
 */
export class PoolMember {
  readonly model: LanguageModel;
  readonly #now: () => number;
  readonly #random: () => number;
  #outstanding = 0;
  #failures = 0;
  #restsUntil = 0;
  #probes = 0;

  constructor(model: LanguageModel, now: () => number = () => performance.now(), random: () => number = Math.random) {
    this.model = model;
    this.#now = now;
    this.#random = random;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  get restsUntil(): number {
    return this.#restsUntil;
  }

  /** Whether it takes another stream. */
  get available(): boolean {
    return this.#failures === 0 || (this.#now() >= this.#restsUntil && this.#probes === 0);
  }

  get health(): MemberHealth {
    const restMs = this.#failures === 0 ? 0 : Math.max(0, this.#restsUntil - this.#now());
    return {
      model: this.model.info.model,
      state: this.#failures === 0 ? 'healthy' : restMs > 0 ? 'resting' : 'probing',
      outstanding: this.#outstanding,
      failures: this.#failures,
      restMs,
    };
  }

  /** A stream of it begins. What is returned is to be called once, when it is over. */
  begin(): () => void {
    const probe = this.#failures > 0 ? 1 : 0;
    this.#outstanding += 1;
    this.#probes += probe;
    return () => {
      this.#outstanding -= 1;
      this.#probes -= probe;
    };
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** @param retryAfterMs - When it has said to come back. */
  failed(retryAfterMs: number | undefined): void {
    this.#failures += 1;
    const backOffMs = Math.min(firstRestMs * 2 ** (this.#failures - 1), longestRestMs);
    // Jittered, so that not all programs come back together.
    this.#restsUntil = this.#now() + (retryAfterMs ?? backOffMs * (0.5 + this.#random() / 2));
  }
}

/**
 * The member that a stream goes to: of those that it was not at yet and that take streams, the one with the fewest; the
 * first of these. Where all rest, the one that has done so the longest is better than none.
 */
export function chooseMember(members: readonly PoolMember[], tried: ReadonlySet<PoolMember>): PoolMember | undefined {
  const untried = members.filter((member) => !tried.has(member));
  const available = untried.filter((member) => member.available);
  if (available.length > 0) return available.reduce((best, member) => (member.outstanding < best.outstanding ? member : best));
  return untried.reduce<PoolMember | undefined>(
    (best, member) => (!best || member.restsUntil < best.restsUntil ? member : best),
    undefined,
  );
}
