import type { Endpoint } from '../endpoint.ts';
import { jsonResponse } from '../json-response.ts';

/** `GET /health`: whether requests are taken. No model is asked, so that one that is busy does not look dead. */
export const health: Endpoint = ({ closing }) =>
  closing.aborted ? jsonResponse({ status: 'closing' }, 503) : jsonResponse({ status: 'ok' });
