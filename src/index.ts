export { finalMessage } from './accumulate/final-message.ts';
export { MessageFold } from './accumulate/message-fold.ts';
export { Agent, createAgent } from './agent/agent.ts';
export { tool } from './agent/tool.ts';
export { EmbeddingModel } from './engine/embedding-model.ts';
export { loadEmbeddingModel } from './engine/load-embedding-model.ts';
export { loadModel } from './engine/load-model.ts';
export { Model } from './engine/model.ts';
export { downloadModel } from './files/download-model.ts';
export { inspectModel } from './files/inspect-model.ts';
export { listCachedModels } from './files/list-cached-models.ts';
export { removeCachedModel } from './files/remove-cached-model.ts';
export { recordStream } from './recording/record-stream.ts';
export { replayStream } from './recording/replay-stream.ts';
export { connect } from './remote/connect.ts';
export { ModelPool, poolModels } from './remote/model-pool.ts';
export { RemoteModel } from './remote/remote-model.ts';
export { GenerationStream } from './stream/generation-stream.ts';
export { TramontaneError } from './spec/tramontane-error.ts';
export { openTelemetryMetrics } from './views/open-telemetry-metrics.ts';
export { printStream } from './views/print-stream.ts';
export type { AgentOptions, AgentStream } from './agent/agent.ts';
export type { AgentRunOptions, RoundChanges, RoundStart, ToolCallDecision, ToolCallRequest } from './spec/agent-options.ts';
export type {
  AgentFinishPart,
  AgentPart,
  AnyStreamPart,
  RoundFinishPart,
  RunEnd,
  ToolCallingPart,
  ToolCompletePart,
  ToolFailure,
  ToolProgressPart,
  ToolResultPart,
  ToolRunningPart,
} from './spec/agent-part.ts';
export type { AgentResult, AgentRound } from './spec/agent-result.ts';
export type { AgentTool, CheckedToolInput, ToolContext, ToolInput, ToolSpec } from './spec/agent-tool.ts';
export type { AssistantMessage, ToolCall } from './spec/assistant-message.ts';
export type { PartialGeneration, TramontaneErrorDetails } from './spec/tramontane-error.ts';
export type { ErrorCode } from './spec/error-code.ts';
export type { BufferHighWater, BufferOptions, BufferPolicy } from './spec/buffering.ts';
export type {
  CachedFile,
  CachedModel,
  CachedModelOptions,
  CachedRevision,
  RemoveCachedModelOptions,
  RemovedModel,
} from './spec/cached-model.ts';
export type {
  AssistantToolCall,
  AssistantTurn,
  ChatMessage,
  ChatRole,
  SystemMessage,
  ToolMessage,
  UserMessage,
} from './spec/chat-message.ts';
export type { CompletionRequest, MessagesPrompt, TextPrompt, TokensPrompt } from './spec/completion-request.ts';
export type { ConnectOptions } from './spec/connect-options.ts';
export type { DialectName } from './spec/dialect-name.ts';
export type { DownloadedModel, DownloadModelOptions, DownloadProgress } from './spec/downloaded-model.ts';
export type { DryOptions } from './spec/dry-options.ts';
export type { EmbeddingModelInfo } from './spec/embedding-model-info.ts';
export type { EmbeddingResult } from './spec/embedding-result.ts';
export type { FinishReason } from './spec/finish-reason.ts';
export type { GenerateOptions } from './spec/generate-options.ts';
export type { GenerationResult } from './spec/generation-result.ts';
export type { Grammar, ResponseFormat } from './spec/grammar.ts';
export type { LoadEmbeddingModelOptions } from './spec/load-embedding-model-options.ts';
export type { LoadDevice, LoadModelOptions, ReasoningFormat, ToolCallFormat } from './spec/load-model-options.ts';
export type { LoadProgress } from './spec/load-progress.ts';
export type { TokenLogProbabilities, TokenLogProbability } from './spec/log-probabilities.ts';
export type {
  InspectModelOptions,
  MemoryEstimate,
  ModelDescription,
  ModelProblem,
  TensorTypeCount,
} from './spec/model-description.ts';
export type { ModelFile } from './spec/model-file.ts';
export type { ModelInfo } from './spec/model-info.ts';
export type { ModelMetrics } from './spec/model-metrics.ts';
export type { ModelReferenceOptions } from './spec/model-reference-options.ts';
export type { OpenTelemetryMetric } from './spec/open-telemetry-metric.ts';
export type {
  OpenAIChatChunk,
  OpenAIChatChunkChoice,
  OpenAIChatDelta,
  OpenAITokenLogprob,
  OpenAIToolCallDelta,
  OpenAITopLogprob,
  OpenAIUsage,
} from './spec/openai-chat-chunk.ts';
export type { MemberHealth, PoolOptions } from './spec/pool-options.ts';
export type { ProviderData } from './spec/provider-data.ts';
export type { RemoteInfo } from './spec/remote-info.ts';
export type { RemoteModelInfo } from './spec/remote-model-info.ts';
export type { RenderedPrompt } from './spec/rendered-prompt.ts';
export type { RecordOptions, RecordingSink, ReplayOptions } from './spec/recording-options.ts';
export type { SamplingOptions } from './spec/sampling-options.ts';
export type {
  FinishPart,
  LogProbabilitiesPart,
  ProviderDataPart,
  ReasoningDeltaPart,
  StreamPart,
  TextDeltaPart,
  ToolCallDeltaPart,
  ToolCallPart,
  ToolCallStartPart,
} from './spec/stream-part.ts';
export type { StandardSchema, StandardSchemaIssue, StandardSchemaResult } from './spec/standard-schema.ts';
export type { TokenCount } from './spec/token-count.ts';
export type { DetokenizeOptions, TokenizeOptions } from './spec/tokenize-options.ts';
export type { ToolChoice, ToolDefinition, ToolOptions } from './spec/tool-definition.ts';
export type { Timings } from './spec/timings.ts';
export type { Usage } from './spec/usage.ts';
export type { NodeReadableOptions, OpenAIChunkOptions, PrintOptions, StreamResponseOptions } from './spec/view-options.ts';
export type { LanguageModel } from './stream/language-model.ts';
export type { PrintableStream } from './views/print-stream.ts';
