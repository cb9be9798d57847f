const files = import.meta.glob<string>('../../kernels/**/*.wgsl', { query: '?raw', import: 'default', eager: true });

/** kernels/FILE.wgsl, and after it the functions that its lines `// include common/…` ask for, each once. */
export const readKernel = (file: string): string => withCommon(read(`${file}.wgsl`));

/** WGSL with what its lines ask for. */
export function withCommon(source: string): string {
  const common = [...source.matchAll(/^\/\/ include (common\/\w+\.wgsl)$/gm)].map(([, path]) => read(path!));
  return [source, ...new Set(common)].join('\n');
}

function read(path: string): string {
  const source = files[`../../kernels/${path}`];
  if (source === undefined) throw new Error(`kernels/${path} is missing`);
  return source;
}
