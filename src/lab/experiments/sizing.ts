import { checkFits } from '../../cluster/fits';
import { parseConfig } from '../../model/config';
import { prefillFlops } from '../../model/flops';
import { type Drawn, shapedLike } from '../../model/presets';
import { parametersOf } from '../../model/weights';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import type { Lab } from '../setup/lab';
import type { Experiment } from './experiment';
import { type BenchCase, flopsOfCase, gemm, rowwise } from './kernel_bench/bench_cases';
import { timeCase } from './kernel_bench/kernel_bench';
import { MeasureSettings } from './measurement/settings';
import { CALIBRATIONS, WARM_MS } from './measurement/subject';
import { WARM_UPS } from './measurement/turns';

/** A size of a run, and what it is predicted to take. */
export type Size = { readonly model: string; readonly tokens: number; readonly predictedMs: number };
export type Sizing = {
  readonly chosen: Size;
  /** The next larger one, which would take longer than is wanted; null where there is none. */
  readonly beyond: Size | null;
};

/**
 * What a GPU does: floating-point operations a ms in a prefill's products, and what a launch takes with its host, ms.
 */
export type Rates = { readonly flopsPerMs: number; readonly launchMs: number };

/**
 * Finds the largest run of the settings' kind that takes under ten seconds here: the untrained models of one shape, and
 * how many tokens each device prefills. A run has dozens of prefills, so one of them takes under 0.3 s, and no kernel
 * as long as drivers allow (2 s).
 */
export const sizingExperiment: Experiment<MeasureSettings, Sizing> = {
  settings: MeasureSettings,
  paths: ['model'],
  async run(lab, settings, emit, signal) {
    emit({ kind: 'progress', doing: { phase: 'sizing' }, done: 0, total: 1, part: null });
    const rates = await lab.pause.during(ratesOf(lab));
    signal?.throwIfAborted();
    return sizeFor(settings, rates, (preset) => fits(lab, preset, settings));
  },
};

const WANTED_MS = 10_000;
const TOKENS = [128, 256, 512, 1024, 2048];

/**
 * The largest size that is predicted under ten seconds, or the smallest of all. Larger is what has more operations.
 * Throws InputError where no model of the shape fits.
 */
export function sizeFor(settings: MeasureSettings, rates: Rates, fitsHere: (preset: Drawn) => boolean): Sizing {
  const sizes = shapedLike(settings.model)
    .filter(fitsHere)
    .flatMap((preset) => TOKENS.map((tokens) => sizeOf(preset, tokens, settings, rates)))
    .sort((a, b) => a.flops - b.flops);
  const first = sizes[0];
  if (!first) throw new InputError(NONE_FITS);
  const under = sizes.filter(({ predictedMs }) => predictedMs < WANTED_MS);
  const chosen = under.at(-1) ?? first;
  return { chosen: toldOf(chosen), beyond: toldOrNull(sizes[sizes.indexOf(chosen) + 1]) };
}

const NONE_FITS = phrase`No untrained model of this shape fits this GPU on so many devices; choose more devices.`;

const toldOf = ({ model, tokens, predictedMs }: Size): Size => ({ model, tokens, predictedMs });
const toldOrNull = (size: Size | undefined): Size | null => (size ? toldOf(size) : null);

function fits({ engine }: Lab, preset: Drawn, { parallel, ranks }: MeasureSettings): boolean {
  try {
    checkFits(parseConfig(preset.config), { kind: parallel, ranks }, engine.gpu);
    return true;
  } catch (cause) {
    if (cause instanceof InputError) return false;
    throw cause;
  }
}

/** Kernels of a layer with experts, on one device. */
const LAUNCHES_A_LAYER = 22;
/** A pass takes as long as so many prefills (docs/performance.md). */
const PREFILLS = { forward: 1, backward: 4, step: 5 } as const;
/** What a repeat takes beside its prefills: its bound, its numbers, hashes of its logits. */
const EVALUATED_MS = 200;
/** Parameters that are drawn in a ms. */
const DRAWN_A_MS = 1e6;

/** What a run takes: two connectivities prepared, then all combinations in turn, with a wire, without, and bare. */
function sizeOf(preset: Drawn, tokens: number, settings: MeasureSettings, rates: Rates): Size & { flops: number } {
  const { ranks, connectivity, schedule, repeats, link } = settings;
  const spec = parseConfig(preset.config);
  const times = PREFILLS[settings.pass];
  const flops = times * ranks * prefillFlops(spec, tokens);
  const launches = times * ranks * spec.layers.length * LAUNCHES_A_LAYER;
  const prefillMs = flops / rates.flopsPerMs + launches * rates.launchMs;
  const wired = (1 + waitedIn(link)) * prefillMs;
  const combinations = connectivity.length * schedule.length;
  const prepared = connectivity.length * (Math.max(WARM_MS, prefillMs) + (CALIBRATIONS + 2) * prefillMs);
  const besides = link.kind === 'none' ? 1 : 2;
  const run =
    combinations * ((WARM_UPS + repeats) * wired + besides * (1 + repeats) * prefillMs + repeats * EVALUATED_MS);
  const predictedMs = parametersOf(spec) / DRAWN_A_MS + prepared + run;
  return { model: preset.id, tokens, predictedMs, flops };
}

/** Prefills that a run waits for its wire, at most: what a speed or the host make of it is not known. */
const waitedIn = (link: MeasureSettings['link']): number =>
  link.kind === 'ratio' ? link.ratio : Number(link.kind !== 'none');

/** Of a product's rate a prefill reaches so much: attention and small products are slower. */
const REACHED = 0.75;
/** A launch takes that long at least, with what the host does for it. */
const LEAST_LAUNCH_MS = 0.01;

async function ratesOf({ engine }: Lab): Promise<Rates> {
  const timed = async (each: BenchCase) => {
    const { gpuMs, wallMs } = await timeCase(engine, each, engine.launcher.variantFor(each.kernel, each.sizes));
    return gpuMs ?? wallMs;
  };
  const small = gemm(256, 256, 256);
  const smallMs = await timed(small);
  // A quick GPU has more work to do before that says what it does at most.
  const large = gemm(1024, 1024, 1024);
  const [product, ms] = smallMs > QUICK_MS ? [small, smallMs] : [large, await timed(large)];
  const launchMs = await timed(rowwise('add', 1, 4));
  return {
    flopsPerMs: (REACHED * flopsOfCase(product)) / ms,
    launchMs: Math.max(LEAST_LAUNCH_MS, launchMs),
  };
}
const QUICK_MS = 0.2;
