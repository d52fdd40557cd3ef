export { replayStream } from '../recording/replay-stream.ts';
export { scriptedModel } from './scripted-model.ts';
export type { ScriptedModelOptions } from './scripted-model.ts';
export { scriptedStream } from './scripted-stream.ts';
export type { ScriptedStreamOptions } from './scripted-stream.ts';
export type { Script, ScriptedReply } from './script.ts';
