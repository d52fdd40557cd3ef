import type { LanguageModel } from '../stream/language-model.ts';
import type { CallOptions, CallPart } from './call-part.ts';
import { runCall } from './call.ts';
import { bodyOf } from './call-request.ts';
import { collectCall } from './collect-call.ts';
import type { CollectedCall } from './collect-call.ts';

/** What versions 3 and 4 of the AI SDK's specification have in common. */
export interface CallModel {
  readonly provider: 'tramontane';
  readonly modelId: string;
  readonly supportedUrls: Record<string, never>;
  doGenerate(call: CallOptions): Promise<CollectedCall>;
  doStream(call: CallOptions): Promise<{ stream: ReadableStream<CallPart>; request: { body: unknown } }>;
}

/** A model as the AI SDK calls it. */
export function callModel(model: LanguageModel, modelId = model.info.model): CallModel {
  return {
    provider: 'tramontane',
    modelId,
    supportedUrls: {},
    doGenerate: async (call) => collectCall(await runCall(model, modelId, call)),
    doStream: async (call) => {
      const { stream, request } = await runCall(model, modelId, call);
      return { stream, request: { body: bodyOf(request) } };
    },
  };
}
