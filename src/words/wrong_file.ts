import { InputError } from './error';
import { type FileKind, fileKind } from './file_kind';
import { type Phrase, phrase } from './phrase';

/** What a kind of file is called, and how to come from it to what was wanted, or to weights where they were. */
const KINDS: Readonly<
  Record<FileKind, { readonly name: Phrase; readonly advice?: Phrase; readonly weights?: Phrase }>
> = {
  empty: { name: phrase`empty`, advice: phrase`copy or download it again` },
  'git lfs pointer': {
    name: phrase`a Git LFS pointer`,
    advice: phrase`run git lfs pull in its folder, or download the file itself`,
  },
  html: { name: phrase`a web page`, advice: phrase`download the file itself (the address of the raw file)` },
  xml: { name: phrase`an XML file`, advice: phrase`download the file itself (the address of the raw file)` },
  gzip: { name: phrase`gzipped`, advice: phrase`unpack it first` },
  zip: { name: phrase`a zip archive`, advice: phrase`unpack it first` },
  pytorch: {
    name: phrase`a PyTorch file (torch.save)`,
    weights: phrase`save the model with save_pretrained(…, safe_serialization=True)`,
  },
  pickle: {
    name: phrase`a Python pickle, as older PyTorch saves`,
    weights: phrase`save the model with save_pretrained(…, safe_serialization=True)`,
  },
  gguf: { name: phrase`a GGUF file (llama.cpp)`, weights: phrase`take the checkpoint that it was converted from` },
  onnx: { name: phrase`an ONNX model`, weights: phrase`take the checkpoint that it was exported from` },
  safetensors: { name: phrase`a safetensors file`, advice: phrase`check that the files were not renamed` },
  zstd: { name: phrase`packed with zstd`, advice: phrase`unpack it first` },
  xz: { name: phrase`packed with xz`, advice: phrase`unpack it first` },
  bzip2: { name: phrase`packed with bzip2`, advice: phrase`unpack it first` },
  '7z': { name: phrase`a 7z archive`, advice: phrase`unpack it first` },
  tar: { name: phrase`a tar archive`, advice: phrase`unpack it first` },
  sqlite: { name: phrase`an SQLite database` },
  hdf5: { name: phrase`an HDF5 file`, weights: phrase`take the checkpoint in safetensors` },
  numpy: { name: phrase`a NumPy file` },
  parquet: { name: phrase`a Parquet file` },
  pdf: { name: phrase`a PDF` },
  png: { name: phrase`a PNG picture` },
  jpeg: { name: phrase`a JPEG picture` },
  gif: { name: phrase`a GIF picture` },
  program: { name: phrase`a program` },
  json: { name: phrase`a JSON file`, advice: phrase`check that the files were not renamed` },
  'utf-16': { name: phrase`text in UTF-16`, advice: phrase`save it as UTF-8` },
};

/**
 * Why a file is not what was wanted, by its first bytes: an error that names what it is; null where they don't tell, or
 * where it is of the kind that was wanted.
 */
export function wrongFile(name: string, first: Uint8Array, wanted: Phrase, kind: FileKind | null): InputError | null {
  const found = fileKind(first);
  if (!found || found === kind) return null;
  const { name: what, weights, advice = kind === 'safetensors' ? weights : undefined } = KINDS[found];
  return new InputError(
    advice ? phrase`${name} is ${what}, not ${wanted}; ${advice}.` : phrase`${name} is ${what}, not ${wanted}.`,
  );
}

/** What is wanted of files, for `wrongFile`. */
export const JSON_FILE = phrase`a JSON file`;
export const SAFETENSORS_FILE = phrase`a safetensors file`;
