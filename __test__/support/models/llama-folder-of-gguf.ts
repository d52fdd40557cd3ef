import { readGguf, tensorValues } from './gguf-reader.ts';
import { isLlamaFolderWhole, writeLlamaFolder } from './llama-folder.ts';

/**
 * Turns the GGUF file of a llama with a byte-level tokenizer into a Hugging Face folder with half-precision weights; a few
 * seconds for 100 million of them. A folder whose weights are there already, whole, is left as it is.
 *
 * @returns whether anything was written
 */
export function writeLlamaFolderOf(ggufPath: string, folder: string): boolean {
  const file = readGguf(ggufPath);
  const tensors = [...file.tensors.values()].map((tensor) => ({
    name: tensor.name,
    shape: tensor.shape,
    values: () => tensorValues(tensor),
  }));
  const source = { metadata: file.metadata, tensors };
  if (isLlamaFolderWhole(folder, source, 'F16')) return false;
  writeLlamaFolder(folder, source, 'F16');
  return true;
}
