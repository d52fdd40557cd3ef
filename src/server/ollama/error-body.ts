import type { HttpError } from '../http-error.ts';

/** The body of an error's answer: Ollama's below `/api/`, OpenAI's elsewhere. */
export function errorBody(pathname: string, error: HttpError): object {
  return pathname.startsWith('/api/') ? ollamaError(error) : error.body;
}

/** An error in Ollama's words, as a body and as the line that ends a stream. */
export function ollamaError({ code, message }: HttpError): { readonly error: string } {
  // There is no code beside the message, so that clients know this one by its words.
  return { error: code === 'context_length_exceeded' ? `the input length exceeds the context length: ${message}` : message };
}
