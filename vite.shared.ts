import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Constants that every build and test run gets. */
export const define = { __COMMIT__: JSON.stringify(commit()), __KERNELS__: JSON.stringify(kernels()) };

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown'; // built from an archive, outside git
  }
}

/**
 * What tells one set of kernels of the forward pass from another: the first digits of a hash of `kernels/`, and of
 * which variants there are. Those of the backward pass change no forward pass.
 */
function kernels(): string {
  const hash = createHash('sha256');
  for (const folder of ['kernels', 'src/gpu/variants']) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => /^(?!backward\b).*\.(wgsl|ts)$/.test(name)).sort())
      hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex').slice(0, 12);
}
