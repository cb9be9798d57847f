// npm start, npm test, npm run test:long, npm run test:mutation, npm run build and npm run lab: installs what is
// missing, builds what changed, and runs. Needs nothing but Node.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [task, ...args] = process.argv.slice(2);
/** What every build depends on. */
const INPUTS_OF_ALL = ['package.json', 'package-lock.json', 'tsconfig.json', 'vite.shared.ts', 'scripts/run.mjs'];
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
    buildSite();
    buildCommand();
    if (args.includes('--against')) buildAgainst();
    // New objects have room for a run, or they would be moved about while it is measured.
    run(process.execPath, ['--min-semi-space-size=256', '--max-semi-space-size=256', 'build/cli/main.js', ...args]);
    break;
  case 'test':
  case 'test:long':
    installChromium();
    run(bin('tsc'), []);
    run(bin('biome'), ['ci', '--error-on-warnings']);
    buildSite();
    buildCommand();
    run(process.execPath, ['scripts/test.mjs', task, ...args]);
    break;
  case 'test:mutation':
    run(bin('stryker'), ['run', ...args]);
    break;
  default:
    console.error(`There is no task ${task}; there are start, test, test:long, test:mutation, build and lab.`);
    process.exit(2);
}

function run(command, parameters) {
  const { status } = spawnSync(command, parameters, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function buildSite() {
  run(process.execPath, ['scripts/books.mjs']);
  const inputs = ['src', 'kernels', 'public', 'index.html', 'headless.html', 'vite.config.ts'];
  build('site', 'dist/index.html', inputs, ['build', '--logLevel', 'warn']);
}

function buildCommand() {
  const inputs = ['src', 'kernels', 'test', 'vite.cli.config.ts'];
  build('cli', 'build/cli/main.js', inputs, ['build', '--config', 'vite.cli.config.ts', '--logLevel', 'warn']);
}

/** The page with other libraries, which nothing else needs: they are large. */
function buildAgainst() {
  const folder = 'scripts/against';
  if (!existsSync(join(folder, 'node_modules')))
    run('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  const config = `${folder}/vite.config.ts`;
  const own = readdirSync(folder).filter((name) => name !== 'node_modules');
  const inputs = ['src', 'kernels', ...own.map((name) => `${folder}/${name}`)];
  build('against', 'build/against/index.html', inputs, ['build', '--config', config, '--logLevel', 'warn']);
}

/**
 * Builds unless the last build was of the same files, as their sizes and times tell, of the same commit and packages.
 */
function build(name, output, inputs, parameters) {
  const stamp = `build/${name}.stamp`;
  const now = [commit(), ...[...inputs, ...INPUTS_OF_ALL].flatMap(listing)].join('\n');
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  rmSync(stamp, { force: true });
  run(bin('vite'), parameters);
  mkdirSync('build', { recursive: true });
  writeFileSync(stamp, now);
}

/** A line a file: its path, size and time. */
function listing(path) {
  const found = statSync(path);
  if (!found.isDirectory()) return [`${path} ${found.size} ${found.mtimeMs}`];
  return readdirSync(path)
    .sort()
    .flatMap((name) => listing(join(path, name)));
}

function commit() {
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' });
  return stdout?.trim() ?? '';
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
    execFileSync('apt-get', ['install', '-qy', '--no-install-recommends', 'chromium'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } catch {
    console.error(
      "The tests need Debian's Chromium with its SwiftShader: install the package chromium, or set CHROME_PATH.",
    );
    process.exit(2);
  }
}
