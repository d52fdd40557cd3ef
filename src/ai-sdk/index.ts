export { createTramontane } from './create-tramontane.ts';
export type { TramontaneProvider } from './create-tramontane.ts';
export type { ModelTable } from './model-table.ts';
export type { TramontaneProviderOptions } from './provider-options.ts';
export { tramontaneEmbedding } from './tramontane-embedding.ts';
export type { EmbeddingSource } from './embedding-calls.ts';
export { tramontane } from './tramontane.ts';
export type { TramontaneOptions } from './tramontane.ts';
