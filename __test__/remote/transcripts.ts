import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dialect, EventDecoder, RemoteRequest } from '../../src/remote/dialect.ts';
import { dialects } from '../../src/remote/dialects.ts';
import { LineFraming } from '../../src/remote/line-framing.ts';
import { SseFraming } from '../../src/remote/sse-framing.ts';
import type { DialectName } from '../../src/spec/dialect-name.ts';

type Parts = ReturnType<EventDecoder['push']>;

/** A body as a server sends it, and the parts that it has to give. */
export interface Transcript {
  readonly dialect: Dialect;
  readonly name: string;
  readonly body: Uint8Array;
  /** Where it lies, without its ending. */
  readonly path: string;
}

const folder = fileURLToPath(new URL('transcripts', import.meta.url));

/** Every transcript in the folder. */
export const transcripts: readonly Transcript[] = (Object.keys(dialects) as DialectName[]).flatMap((dialect) =>
  readdirSync(join(folder, dialect))
    .filter((file) => file.endsWith('.txt'))
    .map((file) => {
      const name = file.slice(0, -'.txt'.length);
      const path = join(folder, dialect, name);
      return { dialect: dialects[dialect], name: `${dialect}: ${name}`, body: readFileSync(`${path}.txt`), path };
    }),
);

/** The parts that a transcript has to give, as its `.json` has them: without times, which no decoder knows. */
export function expectedParts({ path }: Transcript): unknown {
  return JSON.parse(readFileSync(`${path}.json`, 'utf8'));
}

const request: RemoteRequest = { model: 'test', prompt: { messages: [{ role: 'user', content: 'Hi' }] }, options: {} };

/** A decoder as a stream gets one. */
export function decoderOf(dialect: Dialect): EventDecoder {
  return dialect.decoder(request, { quirks: {}, providerOptions: {} });
}

/** What a body gives that comes in these pieces. */
export function partsOf(dialect: Dialect, pieces: readonly Uint8Array[]): Parts {
  const framing = dialect.framing === 'sse' ? new SseFraming() : new LineFraming();
  const decoder = decoderOf(dialect);
  const parts = pieces.flatMap((piece) => framing.push(piece).flatMap((event) => decoder.push(event)));
  return [...parts, ...framing.end().flatMap((event) => decoder.push(event)), ...decoder.end()];
}

/** Parts as they are written down in a `.json`. */
export function withoutTimes(parts: Parts): unknown {
  return JSON.parse(JSON.stringify(parts, (key, value: unknown) => (key === 'timings' ? undefined : value)));
}
