export { createHandler } from './create-handler.ts';
export { createServer } from './create-server.ts';
export { Server } from './server.ts';
export { ServerHandler } from './server-handler.ts';
export { TramontaneError } from '../spec/tramontane-error.ts';
export type { ServedEmbeddingModel, ServedModel } from './served-model.ts';
export type {
  CloseOptions,
  HandlerOptions,
  ListenOptions,
  LoadableModel,
  StreamReplayOptions,
  ResponsesOptions,
  ServerFailure,
  ServerOptions,
} from './server-options.ts';
