import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Constants that every build and test run gets. */
export const define = {
  __COMMIT__: JSON.stringify(commit()),
  __KERNELS__: JSON.stringify(hashOf(['kernels', 'src/gpu/variants'], /^(?!backward\b).*\.(wgsl|ts)$/)),
  __PROGRAMS__: JSON.stringify(hashOf(['kernels', 'src/gpu/variants', 'src/program'], /\.(wgsl|ts)$/)),
};

/** The commit that is built, with a + where files differ from it. */
function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--exclude', '*', '--dirty=+'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown'; // built from an archive, outside git
  }
}

/**
 * The first digits of a hash of files in some folders. It tells one set of kernels of the forward pass from another
 * (those of the backward pass change none); or, for trainings, one way to compute from another.
 */
function hashOf(folders: readonly string[], names: RegExp): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => names.test(name)).sort())
      hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex').slice(0, 12);
}
