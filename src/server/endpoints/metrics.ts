import type { Endpoint } from '../endpoint.ts';
import { modelFamilies, serverFamilies } from '../metric-families.ts';
import { prometheusText } from '../prometheus-text.ts';

/** `GET /metrics`, for Prometheus. */
export const metrics: Endpoint = ({ metrics: counted, models }) => {
  const text = prometheusText([...serverFamilies(counted), ...modelFamilies(models.loaded)]);
  return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
};
