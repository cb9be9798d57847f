import { spawnSync } from 'node:child_process';
import { swiftshaderEnvironment } from './environment';

/**
 * Whether this process' Vulkan is Chromium's SwiftShader: the loader reads its environment only when a process starts.
 */
export const hasSwiftshaderEnvironment = (): boolean =>
  process.env.VK_ICD_FILENAMES?.endsWith('vk_swiftshader_icd.json') ?? false;

/** Starts this command again on SwiftShader, and ends this process as that one ends. */
export function respawnOnSwiftshader(): never {
  const { status } = spawnSync(process.execPath, process.argv.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, ...swiftshaderEnvironment() },
  });
  process.exit(status ?? 1);
}
