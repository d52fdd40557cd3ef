import type { DialectName } from './dialect-name.ts';

/** What is known of a model behind a connection. */
export interface RemoteInfo {
  /** Its name, as the server has it. */
  readonly model: string;
  /** Who serves it; `null` where only the protocol was said. */
  readonly provider: string | null;
  readonly dialect: DialectName;
  /** Where the API begins, without a query. */
  readonly baseUrl: string;
}
