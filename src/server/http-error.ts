/** What an answer with an error says besides its message. */
export interface HttpErrorDetails {
  /** The field at fault, as the caller spells it. */
  readonly param?: string | undefined;
  /** OpenAI's word for the kind of error. */
  readonly type?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
}

/** An error as it is answered: a status, and a body as OpenAI's. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  readonly type: string;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, details: HttpErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = status;
    this.code = code;
    this.type = details.type ?? (status < 500 ? 'invalid_request_error' : 'server_error');
    this.param = details.param ?? null;
    this.headers = details.headers ?? {};
  }

  /** The body of the answer, and of the event that stands for it in a stream. */
  get body(): { readonly error: { message: string; type: string; param: string | null; code: string } } {
    const { message, type, param, code } = this;
    return { error: { message, type, param, code } };
  }
}

HttpError.prototype.name = 'HttpError';
