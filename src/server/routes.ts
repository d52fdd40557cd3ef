import type { HandlerSettings } from './check-handler-options.ts';
import type { Endpoint, UpgradeEndpoint } from './endpoint.ts';
import { chatCompletions } from './endpoints/chat-completions.ts';
import { completions } from './endpoints/completions.ts';
import { embeddings } from './endpoints/embeddings.ts';
import { health } from './endpoints/health.ts';
import { metrics } from './endpoints/metrics.ts';
import { listModels, retrieveModel } from './endpoints/models.ts';
import { embed, embedOne } from './ollama/embed.ts';
import { chat, generate } from './ollama/generation.ts';
import { listRunning, listTags, show } from './ollama/models.ts';
import { notHere, running, tellVersion } from './ollama/server-state.ts';
import { pageRoutes } from './page/page-routes.ts';
import { resumable } from './replay/resumable.ts';
import { deleteStream, resumeStream } from './replay/streams.ts';
import { countInput } from './responses/count-input.ts';
import { createResponse } from './responses/create-response.ts';
import { cancelResponse, deleteResponse, getResponse } from './responses/kept-responses.ts';
import { responsesSocket } from './responses/responses-socket.ts';

/** What one path answers. A path that ends in `*` stands for all that begin with it. */
export interface Route {
  readonly path: string;
  readonly methods: Readonly<Record<string, Endpoint>>;
  /** Takes connections that ask for a WebSocket. */
  readonly upgrade?: UpgradeEndpoint;
  /** Answers without a key. */
  readonly open?: boolean;
}

/** Everything that is served. The first route that fits answers. */
export function routesOf({ page }: HandlerSettings): readonly Route[] {
  return [...apiRoutes, ...(page === undefined ? [] : pageRoutes(page)), isThere];
}

/** What Ollama's clients ask to see whether anybody is there, where no page is. */
const isThere: Route = { path: '/', methods: { GET: running }, open: true };

const apiRoutes: readonly Route[] = [
  { path: '/v1/chat/completions', methods: { POST: resumable(chatCompletions) } },
  { path: '/v1/completions', methods: { POST: resumable(completions) } },
  { path: '/v1/embeddings', methods: { POST: embeddings } },
  { path: '/v1/models', methods: { GET: listModels } },
  { path: '/v1/models/*', methods: { GET: retrieveModel } },
  { path: '/v1/responses', methods: { POST: createResponse }, upgrade: responsesSocket },
  { path: '/v1/responses/input_tokens', methods: { POST: countInput } },
  { path: '/v1/responses/*', methods: { GET: getResponse, POST: cancelResponse, DELETE: deleteResponse } },
  { path: '/v1/streams/*', methods: { GET: resumeStream, DELETE: deleteStream } },
  { path: '/health', methods: { GET: health }, open: true },
  { path: '/metrics', methods: { GET: metrics } },
  { path: '/api/version', methods: { GET: tellVersion } },
  { path: '/api/tags', methods: { GET: listTags } },
  { path: '/api/ps', methods: { GET: listRunning } },
  { path: '/api/show', methods: { POST: show } },
  { path: '/api/chat', methods: { POST: chat } },
  { path: '/api/generate', methods: { POST: generate } },
  { path: '/api/embed', methods: { POST: embed } },
  { path: '/api/embeddings', methods: { POST: embedOne } },
  ...['pull', 'push', 'create', 'copy'].map((name) => ({ path: `/api/${name}`, methods: { POST: notHere } })),
  { path: '/api/delete', methods: { DELETE: notHere } },
  { path: '/api/blobs/*', methods: { GET: notHere, POST: notHere } },
];
