// oxlint-disable-next-line no-control-regex -- these are what it is about
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Text of a model, a server or a file as a terminal may be shown it: without the control characters by which it could
 * move the cursor, set the window's title or write to the clipboard. Line breaks and tabs stay; a carriage return before a line break
 * has no effect and goes.
 */
export function harmlessText(text: string): string {
  return text.replace(controls, (control) => (control === '\r' ? '' : '\ufffd'));
}
