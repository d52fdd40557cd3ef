type Fields = Readonly<Record<string, unknown>>;

/**
 * What a server's answer says, as text for a model. What is no text is named in brackets, so that the model knows that
 * there is something.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result
 */
export function mcpContentText(result: unknown): string {
  const { content, structuredContent, toolResult } = fieldsOf(result);
  const texts = Array.isArray(content) ? content.map((item) => textOf(fieldsOf(item))) : [];
  if (texts.length > 0) return texts.join('\n');
  // The second is how servers answered in 2024.
  const value = structuredContent ?? toolResult;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function textOf(item: Fields): string {
  switch (item['type']) {
    case 'text':
      return String(item['text']);
    case 'image':
    case 'audio':
      return note(item['type'], item['mimeType'], size(item['data']));
    case 'resource': {
      const { uri, text, blob, mimeType } = fieldsOf(item['resource']);
      return typeof text === 'string' ? text : note('resource', uri, mimeType, size(blob));
    }
    case 'resource_link':
      return note('resource', item['uri'], item['name'], item['mimeType']);
    default:
      return note(item['type']);
  }
}

function note(...facts: unknown[]): string {
  return `[${facts.filter((fact) => typeof fact === 'string' && fact !== '').join(', ')}]`;
}

/** Of data in base64. */
function size(data: unknown): string {
  return typeof data === 'string' ? `${Buffer.byteLength(data, 'base64')} bytes` : '';
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
