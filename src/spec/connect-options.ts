import type { DialectName } from './dialect-name.ts';

/** How to reach a remote engine. `undefined` counts as left out. */
export interface ConnectOptions {
  /**
   * Who serves it: `openai`, `openai-responses`, `anthropic`, `gemini`, `ollama`, `vllm`, `llama.cpp`,
   * `llama-cpp-python`, `lmstudio`, `mistralrs`, `deepseek`, `moonshot`, `zhipu`, `hunyuan`. It says where the engine is, which protocol it speaks and
   * how it departs from that, and which environment variable may hold the key.
   *
   * @defaultValue none: then `dialect` is needed
   */
  readonly provider?: string | undefined;
  /**
   * The protocol, where it is not the provider's usual one.
   *
   * @defaultValue the provider's
   */
  readonly dialect?: DialectName | undefined;
  /** The model's name, as the server has it. */
  readonly model: string;
  /**
   * Where the API begins, as an `http` or `https` URL, such as `http://localhost:8000/v1`.
   *
   * @defaultValue the provider's
   */
  readonly baseUrl?: string | undefined;
  /**
   * The key. It goes to the base URL's own origin only, and is in no error or recording.
   *
   * @defaultValue the provider's environment variable, such as `OPENAI_API_KEY`, where the base URL is the provider's
   *   own; none elsewhere
   */
  readonly apiKey?: string | undefined;
  /** Headers to send besides, to the base URL's own origin only. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Makes the requests, in place of Node's own HTTP client: for certificates, or a runtime of its own. `connectTimeoutMs`
   * and `websocket` are not for it, and a paused stream may keep the process alive.
   *
   * @defaultValue Node's HTTP client, through the proxies that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` in the
   *   environment name
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * How often a call is made again that failed before anything of its answer came: where the engine could not be reached,
   * says that it has no room (429), or fails (5xx). It waits for as long as the server asks, if that is a minute at most,
   * and otherwise from half a second to eight, longer each time. An integer from 0 to 100.
   *
   * @defaultValue 2
   */
  readonly retries?: number | undefined;
  /**
   * How long a connection may take to be made, in milliseconds; 0 for as long as it likes. How long the answer may take
   * is the stream's `firstTokenTimeoutMs` and `idleTimeoutMs`.
   *
   * @defaultValue 10000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How many redirects are followed, an integer from 0 to 20. Keys and `headers` do not follow to another origin.
   *
   * @defaultValue 5
   */
  readonly maxRedirects?: number | undefined;
  /**
   * Whether to stream through a WebSocket, for servers that offer it with `openai-chat` or `openai-responses`: each answer
   * has a connection of its own.
   *
   * @defaultValue false
   */
  readonly websocket?: boolean | undefined;
  /**
   * Fields for the body of each request, by the names that the protocol has; they override what is set here. A plain JSON
   * value.
   *
   * @defaultValue none
   * @example { providerOptions: { reasoning_effort: 'low' } }
   */
  readonly providerOptions?: Readonly<Record<string, unknown>> | undefined;
}
