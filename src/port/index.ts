export { connectPort } from './connect-port.ts';
export { PortModel } from './port-model.ts';
export { PortService } from './port-service.ts';
export { serveModel } from './serve-model.ts';
export { TramontaneError } from '../spec/tramontane-error.ts';
export type { ConnectPortOptions } from './connect-port.ts';
export type { NodePort, PortLike, ProcessPort, WebPort } from './port-like.ts';
export type { PortInfo } from './port-model.ts';
export type { ServeModelOptions } from './serve-model.ts';
