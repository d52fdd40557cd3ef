import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { CallFinish, CallMetadata, CallWarning } from './call-part.ts';
import { bodyOf } from './call-request.ts';
import type { RunningCall } from './call.ts';

type Content = LanguageModelV4GenerateResult['content'][number];
type OwnContent = Extract<Content, { readonly type: 'text' | 'reasoning' | 'tool-call' }>;

/** A call that was answered. It is the same in versions 3 and 4 of the specification. */
export interface CollectedCall extends Pick<CallFinish, 'finishReason' | 'usage' | 'providerMetadata'> {
  readonly content: OwnContent[];
  readonly warnings: CallWarning[];
  readonly request: { readonly body: unknown };
  readonly response: Partial<Pick<CallMetadata, 'modelId' | 'timestamp'>>;
}

/** Reads a call to its end. Throws what its stream does, and what its `error` part says. */
export async function collectCall({ stream, request }: RunningCall): Promise<CollectedCall> {
  const content: OwnContent[] = [];
  const blocks = new Map<string, Extract<OwnContent, { readonly type: 'text' | 'reasoning' }>>();
  let response: CollectedCall['response'] = {};
  for await (const part of stream) {
    switch (part.type) {
      case 'response-metadata':
        response = { modelId: part.modelId, timestamp: part.timestamp };
        break;
      case 'text-start':
      case 'reasoning-start': {
        const block = { type: part.type === 'text-start' ? 'text' : 'reasoning', text: '' } as const;
        blocks.set(part.id, block);
        content.push(block);
        break;
      }
      case 'text-delta':
      case 'reasoning-delta': {
        const block = blocks.get(part.id);
        if (block) block.text += part.delta;
        break;
      }
      case 'text-end':
      case 'reasoning-end': {
        const block = blocks.get(part.id);
        if (block && part.providerMetadata) block.providerMetadata = part.providerMetadata;
        break;
      }
      case 'tool-call':
        content.push(part);
        break;
      case 'error':
        throw part.error;
      case 'finish': {
        const { finishReason, usage, providerMetadata } = part;
        const body = bodyOf(request);
        const warnings = [...request.warnings];
        return { content, finishReason, usage, ...(providerMetadata && { providerMetadata }), warnings, request: { body }, response };
      }
    }
  }
  throw new Error('the stream of a call ended without a finish part');
}
