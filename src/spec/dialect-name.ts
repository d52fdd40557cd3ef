/** The protocols of remote engines that are spoken here. */
export type DialectName = 'openai-chat' | 'openai-responses' | 'anthropic' | 'gemini' | 'ollama';
