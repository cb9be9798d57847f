import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs the built command as a user does; `npm test` builds it first. */
export async function lab(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['build/cli/main.js', ...args]);
    return { code: 0, out: stdout, err: stderr };
  } catch (cause) {
    const { code, stdout, stderr } = cause as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}
