/**
 * What an answer has to follow, from its first token to its last: tokens that would break it are never chosen.
 *
 * - `json-schema`: JSON that the schema allows. `true` stands for any JSON value.
 * - `regex`: a regular expression that the whole answer matches, in the syntax of Rust's regex crate, without look-around
 *   and back-references; `\d` and `\w` are ASCII's, as in JavaScript. Anchors may only stand at its ends. At most 16 KiB.
 * - `lark`: a grammar in llguidance's variant of Lark, which begins with the rule `start`. At most 64 KiB.
 *
 * A schema must be a plain JSON value, at most 64 levels deep and of at most 10,000 values. What none of them can bound
 * is the answer's length: `maxOutputTokens` may cut it before it is complete, which finishReason `length` says.
 */
export type Grammar =
  | { readonly type: 'json-schema'; readonly schema: object | boolean }
  | { readonly type: 'regex'; readonly pattern: string }
  | { readonly type: 'lark'; readonly source: string };

/** The form of an answer: text, or JSON that a schema allows; without a schema, any JSON object. */
export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json'; readonly schema?: object | boolean | undefined };
