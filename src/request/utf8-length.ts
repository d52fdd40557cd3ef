/** How many bytes `text` has as UTF-8, a lone surrogate being read as U+FFFD. Written out, as web pages have no `Buffer`. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Three bytes for a unit of its own, four for a pair of surrogates: two for each, as for all below U+0800.
    if (unit >= 0x80) bytes += unit < 0x800 || isPaired(text, index, unit) ? 1 : 2;
  }
  return bytes;
}

function isPaired(text: string, index: number, unit: number): boolean {
  if (unit < 0xd800 || unit > 0xdfff) return false;
  // Outside of the text it is NaN, which is within no bounds.
  const other = text.charCodeAt(unit < 0xdc00 ? index + 1 : index - 1);
  return unit < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other < 0xdc00;
}
