/** What a file is that stands in another's place; `wrong_file.ts` says what to do about each. */
export type FileKind =
  | 'empty'
  | 'git lfs pointer'
  | 'html'
  | 'xml'
  | 'gzip'
  | 'zip'
  | 'pytorch'
  | 'pickle'
  | 'gguf'
  | 'onnx'
  | 'safetensors'
  | 'zstd'
  | 'xz'
  | 'bzip2'
  | '7z'
  | 'tar'
  | 'sqlite'
  | 'hdf5'
  | 'numpy'
  | 'parquet'
  | 'pdf'
  | 'png'
  | 'jpeg'
  | 'gif'
  | 'program'
  | 'utf-16'
  | 'json';

/** How many of a file's first bytes tell its kind. */
export const KIND_BYTES = 512;

/** Bytes that a kind begins with, most at the file's start. */
const BEGINNINGS: readonly (readonly [kind: FileKind, bytes: readonly number[] | string, at?: number])[] = [
  ['git lfs pointer', 'version https://git-lfs'],
  ['gzip', [0x1f, 0x8b]],
  ['zip', 'PK\x03\x04'],
  ['zip', 'PK\x05\x06'],
  ['gguf', 'GGUF'],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', 'BZh'],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['tar', 'ustar', 257],
  ['sqlite', 'SQLite format 3'],
  ['hdf5', [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a]],
  ['numpy', [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]],
  ['parquet', 'PAR1'],
  ['pdf', '%PDF-'],
  ['png', [0x89, 0x50, 0x4e, 0x47]],
  ['jpeg', [0xff, 0xd8, 0xff]],
  ['gif', 'GIF8'],
  ['program', [0x7f, 0x45, 0x4c, 0x46]],
  ['program', 'MZ\x90'],
  ['utf-16', [0xff, 0xfe]],
  ['utf-16', [0xfe, 0xff]],
];

const PICKLED = '\x8a\x95}]()cKXqU';

/** What a file is by its first bytes (`KIND_BYTES` of them, or all that there are); null where they don't tell. */
export function fileKind(first: Uint8Array): FileKind | null {
  if (first.byteLength === 0) return 'empty';
  const text = Array.from(first.subarray(0, KIND_BYTES), (byte) => String.fromCharCode(byte)).join('');
  for (const [kind, bytes, at = 0] of BEGINNINGS) {
    const begins = typeof bytes === 'string' ? bytes : String.fromCharCode(...bytes);
    if (!text.startsWith(begins, at)) continue;
    // torch.save packs a pickle and its tensors into a zip.
    return kind === 'zip' && /^[^\0]{0,120}\/(data\.pkl|\.format_version|byteorder|version)/.test(text.slice(30))
      ? 'pytorch'
      : kind;
  }
  const [a = 0, b = 0, c = 0, d = 0] = first;
  // Its protocol (2 to 5), and a first instruction that there is.
  if (a === 0x80 && b >= 2 && b <= 5 && PICKLED.includes(text[2]!)) return 'pickle';
  // Protocol buffers: the version, then who made it.
  if (a === 0x08 && b <= 32 && c === 0x12 && d <= 64 && /^[a-z]{3}/i.test(text.slice(4))) return 'onnx';
  const words = text.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^<(!doctype html|html|head|body)\b/i.test(words)) return 'html';
  if (/^<(\?xml|!--|[a-z]+[ >])/i.test(words)) return /<(!doctype html|html)\b/i.test(words) ? 'html' : 'xml';
  // The length of a header, and a JSON object of tensors.
  const long = first.subarray(4, 8);
  return long.byteLength === 4 && long.every((byte) => byte === 0) && /^\{\s*["}]/.test(text.slice(8))
    ? 'safetensors'
    : /^(\{\s*["}]|\[)/.test(words)
      ? 'json'
      : null;
}
