import type { FinishReason } from '../../spec/finish-reason.ts';
import type { TokenLogProbability } from '../../spec/log-probabilities.ts';
import type { EventDecoder, ServerEvent } from '../dialect.ts';
import { errorFrame } from './error-frame.ts';
import { boundedLogProbability, unknownTokenId, withAlternatives } from './log-probability.ts';
import { countOf, isObject, objectOf, objectsOf, parseObject, textOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';
import type { PlacedData } from './placed-data.ts';
import { failedFrame } from './remote-failure.ts';
import { Reply } from './reply.ts';

/** ai.google.dev/api/generate-content#FinishReason; all others are some kind of filter, or a failure of the model's. */
const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
]);

/** Reads the chunks of Gemini's streamGenerateContent. Nothing but the end of the body says that it is over. */
export class GeminiDecoder implements EventDecoder {
  readonly #reply = new Reply();
  #textLength = 0;
  #calls = 0;

  push({ data }: ServerEvent): ReturnType<EventDecoder['push']> {
    const reply = this.#reply;
    const text = data.trim();
    if (!reply.over && text !== '') {
      const chunk = parseChunk(text);
      if (chunk) this.#read(chunk);
      // Gateways add it.
      else if (text === '[DONE]') reply.done();
      else reply.fail({ code: 'remote-failed', message: 'the server sent an event that is no JSON object' });
    }
    return reply.take();
  }

  end(): ReturnType<EventDecoder['end']> {
    this.#reply.closed();
    return this.#reply.take();
  }

  #read(chunk: LooseObject): void {
    const error = errorFrame(chunk);
    if (error) return this.#reply.fail(failedFrame(error));
    this.#count(chunk['usageMetadata']);
    const blocked = textOf(objectOf(chunk['promptFeedback'])['blockReason']);
    if (blocked !== '' && blocked !== 'BLOCK_REASON_UNSPECIFIED') {
      const message = `the server refuses the prompt (${blocked.slice(0, 100)}); change what it asks for`;
      return this.#reply.fail({ code: 'invalid-argument', field: 'messages', message });
    }
    const candidate = objectsOf(chunk['candidates']).find(({ index }) => index === undefined || index === 0);
    if (!candidate) return;
    this.#logProbabilities(objectOf(candidate['logprobsResult']));
    for (const part of objectsOf(objectOf(candidate['content'])['parts'])) this.#part(part);
    const reason = textOf(candidate['finishReason']);
    if (reason !== '' && reason !== 'FINISH_REASON_UNSPECIFIED') this.#reply.reason(finishReasons.get(reason) ?? 'error');
  }

  #part(part: LooseObject): void {
    const text = textOf(part['text']);
    const called = part['functionCall'];
    if (part['thoughtSignature'] !== undefined) this.#keep(part['thoughtSignature'], isObject(called) ? 'call' : 'text');
    if (part['thought'] === true) this.#reply.reasoning(text);
    else {
      this.#textLength += text.length;
      this.#reply.text(text);
    }
    if (isObject(called)) this.#call(called);
  }

  /** Calls come whole. */
  #call(called: LooseObject): void {
    const { calls } = this.#reply;
    const call = calls.begin(textOf(called['id']), textOf(called['name']));
    if (!call) return;
    this.#calls += 1;
    calls.write(call, JSON.stringify(isObject(called['args']) ? called['args'] : {}));
    calls.finish(call);
  }

  #keep(thoughtSignature: unknown, on: 'call' | 'text'): void {
    if (textOf(thoughtSignature) === '') return;
    const placed: PlacedData = { block: { thoughtSignature, on }, textBefore: this.#textLength, callsBefore: this.#calls };
    this.#reply.providerData('gemini', placed);
  }

  #logProbabilities({ chosenCandidates, topCandidates }: LooseObject): void {
    const top = Array.isArray(topCandidates) ? topCandidates : [];
    this.#reply.logProbabilities(
      objectsOf(chosenCandidates).map((chosen, at) =>
        withAlternatives(logProbability(chosen), objectsOf(objectOf(top[at])['candidates']).map(logProbability)),
      ),
    );
  }

  #count(usage: unknown): void {
    if (!isObject(usage)) return;
    const prompt = countOf(usage['promptTokenCount']);
    const answer = countOf(usage['candidatesTokenCount']);
    const thoughts = countOf(usage['thoughtsTokenCount']);
    this.#reply.count({
      inputTokens: prompt === undefined ? undefined : prompt + (countOf(usage['toolUsePromptTokenCount']) ?? 0),
      outputTokens: answer === undefined && thoughts === undefined ? undefined : (answer ?? 0) + (thoughts ?? 0),
      cachedInputTokens: countOf(usage['cachedContentTokenCount']),
    });
  }
}

/** Errors come as the only element of a list. */
function parseChunk(text: string): LooseObject | undefined {
  return parseObject(text.startsWith('[') && text !== '[DONE]' ? text.slice(1, -1) : text);
}

function logProbability(candidate: LooseObject): TokenLogProbability {
  return {
    tokenId: countOf(candidate['tokenId']) ?? unknownTokenId,
    text: textOf(candidate['token']).toWellFormed(),
    logProbability: boundedLogProbability(candidate['logProbability']),
  };
}
