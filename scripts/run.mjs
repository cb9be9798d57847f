// npm start, npm test, npm run build and npm run lab: installs what is missing, builds, and runs. Needs nothing but Node.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

const [task, ...args] = process.argv.slice(2);
const bin = (name) => `node_modules/.bin/${name}`;

installPackages();
switch (task) {
  case 'start':
    buildSite();
    run(bin('vite'), ['preview', ...args]);
    break;
  case 'build':
    buildSite();
    console.log('The site is the folder dist/; any static host serves it (docs/hosting.md).');
    break;
  case 'lab':
    buildAll();
    run(process.execPath, ['build/cli/main.js', ...args]);
    break;
  case 'test':
    installChromium();
    run(bin('tsc'), []);
    run(bin('biome'), ['ci', '--error-on-warnings']);
    buildAll();
    run(process.execPath, ['scripts/test.mjs', ...args]);
    break;
  default:
    console.error(`There is no task ${task}; there are start, test, build and lab.`);
    process.exit(2);
}

function run(command, parameters) {
  const { status } = spawnSync(command, parameters, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function buildSite() {
  run(bin('vite'), ['build', '--logLevel', 'warn']);
}

function buildAll() {
  buildSite();
  run(bin('vite'), ['build', '--config', 'vite.cli.config.ts', '--logLevel', 'warn']);
}

/** npm writes node_modules/.package-lock.json last: older than the lock file means not installed as it says. */
function installPackages() {
  const installed = 'node_modules/.package-lock.json';
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs) return;
  console.error('Installing packages');
  // Not `npm ci`: it refuses a lock file without the optional packages of platforms that a registry does not carry.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
}

function installChromium() {
  if (process.env.CHROME_PATH || existsSync('/usr/bin/chromium')) return;
  console.error('Installing Chromium (apt-get install chromium)');
  try {
    execFileSync('apt-get', ['update', '-q'], { stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-qy', '--no-install-recommends', 'chromium'], { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch {
    console.error("The tests need Debian's Chromium with its SwiftShader: install the package chromium, or set CHROME_PATH.");
    process.exit(2);
  }
}
