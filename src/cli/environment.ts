import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';

/** Where Chromium is: CHROME_PATH, or the usual places. Throws InputError. */
export function findChromium(): string {
  const given = process.env.CHROME_PATH;
  const found = [
    given,
    '/usr/bin/chromium',
    '/usr/bin/google-chrome',
    '/usr/bin/chromium-browser',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ].find((path) => path && existsSync(path));
  if (given && found !== given) throw new InputError(phrase`CHROME_PATH names ${given}, where there is no file.`);
  if (!found)
    throw new InputError(
      phrase`No Chromium was found; install it (Debian: apt-get install chromium), set CHROME_PATH, or use --runtime node.`,
    );
  return found;
}

/** Environment that makes Dawn for Node run on the SwiftShader that comes with Chromium. Throws InputError. */
export function swiftshaderEnvironment(): Record<string, string> {
  const binary = dirname(realpathSync(findChromium()));
  const folder = [binary, '/usr/lib/chromium'].find((dir) => existsSync(join(dir, 'vk_swiftshader_icd.json')));
  if (!folder)
    throw new InputError(
      phrase`No SwiftShader was found beside Chromium (vk_swiftshader_icd.json in ${binary}); install Debian's chromium.`,
    );
  return {
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
    LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? '/tmp',
  };
}
