import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestContext } from './request-context.ts';

/** Answers the requests of one route. What it throws is answered as an error. */
export type Endpoint = (context: RequestContext, request: Request) => Promise<Response> | Response;

/**
 * Takes over a connection that asks for another protocol. Until it has answered, what it throws is answered as an error;
 * afterwards the connection is its own. The request is over once its promise settles and nothing keeps it open.
 */
export type UpgradeEndpoint = (context: RequestContext, request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
