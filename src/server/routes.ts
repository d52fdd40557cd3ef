import type { Endpoint, UpgradeEndpoint } from './endpoint.ts';
import { chatCompletions } from './endpoints/chat-completions.ts';
import { completions } from './endpoints/completions.ts';
import { embeddings } from './endpoints/embeddings.ts';
import { health } from './endpoints/health.ts';
import { metrics } from './endpoints/metrics.ts';
import { listModels, retrieveModel } from './endpoints/models.ts';

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
export const routes: readonly Route[] = [
  { path: '/v1/chat/completions', methods: { POST: chatCompletions } },
  { path: '/v1/completions', methods: { POST: completions } },
  { path: '/v1/embeddings', methods: { POST: embeddings } },
  { path: '/v1/models', methods: { GET: listModels } },
  { path: '/v1/models/*', methods: { GET: retrieveModel } },
  { path: '/health', methods: { GET: health }, open: true },
  { path: '/metrics', methods: { GET: metrics } },
];
