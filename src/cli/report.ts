import type { CheckRow } from '../lab/experiments/check';
import { disturbedBy } from '../lab/experiments/disturbed';
import { type Ended, earlyGeneration, earlyMeasurement } from '../lab/experiments/ended';
import type { Decoding, Generation, GenerationResult, StepResult } from '../lab/experiments/generation/result';
import type { CombinationResult, Measurement } from '../lab/experiments/measurement/result';
import type { Manifest } from '../lab/setup/manifest';
import { findingsOf } from '../lab/setup/self_test_result';
import type { Estimate } from '../lab/statistics/estimate';
import { CATEGORIES } from '../trace/gaps';
import { megabytes } from '../words/megabytes';
import { english, type Phrase } from '../words/phrase';
import type { ClaimRow } from './check_claims';
import { table } from './table';

/** The object that `measure --json` writes: docs/command-line.md says what each entry means. */
export function measureJson({
  manifest,
  settings,
  madeFor,
  link,
  asked,
  allReduce,
  repeats,
  ended,
  promptTokens,
  results,
}: Measurement) {
  return {
    manifest: { ...manifest, settings },
    made_for: madeFor,
    backing: settings.backing,
    link: link ? { gbps: link.gbps, us: link.us, dilation: link.dilation } : settings.link.kind,
    wire: settings.wire,
    all_reduce: allReduce,
    asked: asked ? { wire_ms: asked.wireMs, compute_ms: asked.computeMs } : null,
    repeats,
    ended: ended ?? null,
    tokens_per_rank: promptTokens,
    results: results.map((r) => ({
      connectivity: r.connectivity,
      schedule: r.schedule,
      wall_ms: r.wallMs,
      compute_ms: r.computeMs,
      comm_ms: r.commMs,
      hidden: r.hidden?.median ?? null,
      hidden_on_wire: r.hiddenOnWire?.median ?? null,
      calibrated: r.calibrated ?? false,
      hidden_interval: r.hidden?.low == null ? null : [r.hidden.low, r.hidden.high],
      host_ms: r.hostMs,
      bound_ms: r.boundMs,
      hidden_bound: r.hiddenBound,
      bound_broken: r.boundBroken,
      phases: r.phases?.map(({ phase, commMs, hidden, hiddenBound }) => ({
        phase,
        comm_ms: commMs,
        hidden,
        hidden_bound: hiddenBound,
      })),
      memory_bytes: r.memory,
      paid: r.paid ? { ms: r.paid.ms, wire_ms: r.paid.wireMs, host_ms: r.paid.hostMs, share: r.paid.share } : null,
      categories_ms: r.categories,
      imbalance_ms: r.imbalanceMs,
      ratio_reached: r.ratioReached,
      speedup: r.speedup,
      clock_error_ms: r.clockErrorMs,
      resolution_ms: r.resolutionMs,
      logits_sha256: r.logitsSha256,
      collectives: r.exposures.map(({ name, layer, ms, hiddenMs, exposed, awaitedBy, reason }) => ({
        name,
        layer,
        ms,
        hidden_ms: hiddenMs,
        awaited_ms: exposed.awaited,
        host_ms: exposed.host,
        between_kernels_ms: exposed.gaps,
        no_work_ms: exposed.noWork,
        awaited_by: awaitedBy,
        reason,
      })),
    })),
  };
}

/** The list that `measure --sweep --json` writes: an entry a point. */
export const sweepJson = (points: readonly Measurement[], ended: Ended | undefined) =>
  points.map((point) => ({ ...measureJson(point), sweep: { ended: ended ?? null } }));

/** That a result was cut short, a line. */
const cutShort = (early: Phrase | null): string[] => (early ? [english(early)] : []);

/** What disturbed a measurement, a line each. */
const disturbances = (manifest: Manifest): string[] =>
  manifest.disturbances.map((own) => `disturbed: ${english(disturbedBy(own))}`);

const estimated = ({ median, low, high }: Estimate, digits: number): string =>
  [median.toFixed(digits), low !== null && high !== null && `[${low.toFixed(digits)}, ${high.toFixed(digits)}]`]
    .filter(Boolean)
    .join(' ');

const PASS_NAMES = {
  backward: 'forward and backward pass, up to the gradients on each device',
  step: 'training step: forward and backward pass, sums of gradients, AdamW at a rate of 0',
};

export function measureTable(measurement: Measurement): string {
  const { manifest, link, allReduce, repeats, promptTokens, settings, results } = measurement;
  const ms = (own: Estimate) => estimated(own, 1);
  const share = (value: number | null) => (value === null ? '-' : value.toFixed(3).replace(/^-(0\.0+)$/, '$1'));
  const rows = results.map((r: CombinationResult) => [
    `${r.connectivity} × ${r.schedule}`,
    ms(r.wallMs),
    ms(r.computeMs),
    ms(r.commMs),
    ms(r.hostMs),
    share(r.hidden?.median ?? null),
    `${share(r.hiddenBound?.median ?? null)}${r.boundBroken ? ` broken in ${r.boundBroken}` : ''}`,
    ms(r.boundMs),
    r.paid ? ms(r.paid.ms) : '-',
    share(r.paid?.share?.median ?? null),
    r.paid?.wireMs && r.paid.hostMs ? `${r.paid.wireMs.median.toFixed(1)} + ${r.paid.hostMs.median.toFixed(1)}` : '-',
    estimated(r.speedup, 2),
    r.logitsSha256.slice(0, 12),
  ]);
  return [
    `${manifest.adapter}, ${manifest.runtime}; ${settings.ranks} ranks × ${promptTokens} tokens (${settings.parallel}), ${repeats} repeats`,
    ...(settings.pass === 'forward' ? [] : [PASS_NAMES[settings.pass]]),
    `${settings.backing} backing; wire: ${settings.wire}, ${link ? `${link.gbps.toPrecision(3)} GB/s, ${link.us} µs a link, ${link.dilation} times slower as emulated` : settings.link.kind === 'none' ? 'no wire' : 'native link'}${allReduce ? `; ${allReduce} all-reduce` : ''}`,
    findingsOf(manifest.selfTest).map(english).join(' '),
    ...cutShort(earlyMeasurement(measurement)),
    ...disturbances(manifest),
    table(
      [
        'connectivity × schedule',
        'wall ms',
        'compute ms',
        'comm ms',
        'host ms',
        'hidden',
        'bound',
        'bound ms',
        'paid ms',
        'share',
        'wire + host',
        'speed-up',
        'result',
      ],
      rows,
    ),
    ...phaseTable(results),
    ...memoryTable(results),
    timeTable(results),
  ].join('\n');
}

/** What of each part of a training step was hidden; nothing for a prefill. */
function phaseTable(results: readonly CombinationResult[]): string[] {
  const rows = results.flatMap(({ connectivity, schedule, phases }) =>
    (phases ?? []).map(({ phase, commMs, hidden, hiddenBound }) => [
      `${connectivity} × ${schedule}`,
      phase,
      estimated(commMs, 1),
      estimated(hidden, 3),
      hiddenBound ? estimated(hiddenBound, 3) : '-',
      hiddenBound ? (hidden.median / hiddenBound.median).toFixed(2) : '-',
    ]),
  );
  if (rows.length === 0) return [];
  const heads = ['connectivity × schedule', 'pass', 'comm ms', 'hidden', 'bound', 'hidden ÷ bound'];
  return [table(heads, rows)];
}

/** What training passes hold, on all devices together; nothing for a prefill. */
function memoryTable(results: readonly CombinationResult[]): string[] {
  const rows = results.flatMap(({ connectivity, schedule, memory }) =>
    memory
      ? [
          [
            `${connectivity} × ${schedule}`,
            megabytes(memory.weights),
            megabytes(memory.predicted),
            megabytes(memory.held),
            (memory.predicted / memory.held).toFixed(3),
          ],
        ]
      : [],
  );
  const heads = ['memory', 'weights', 'other, predicted', 'held by all schedules', 'predicted ÷ held'];
  return rows.length === 0 ? [] : [table(heads, rows)];
}

type TimedResult = Pick<CombinationResult, 'connectivity' | 'schedule' | 'categories' | 'imbalanceMs' | 'ratioReached'>;

/** What the devices' time went to, mean over devices and runs, ms; and how that differs from the first row. */
function timeTable(results: readonly TimedResult[]): string {
  const known = results.flatMap((r) => (r.categories ? [{ ...r, categories: r.categories }] : []));
  const first = known[0]?.categories;
  if (!first) return '';
  const rows = known.map((r, i) => [
    `${r.connectivity} × ${r.schedule}`,
    ...CATEGORIES.map((category) => {
      const difference = r.categories[category] - first[category];
      return `${r.categories[category].toFixed(1)}${i > 0 ? ` (${difference < 0 ? '' : '+'}${difference.toFixed(1)})` : ''}`;
    }),
    r.imbalanceMs ? r.imbalanceMs.median.toFixed(1) : '-',
    r.ratioReached ? r.ratioReached.median.toFixed(3) : '-',
  ]);
  return table(['time of a device, ms', ...CATEGORIES, 'imbalance', 'ratio reached'], rows);
}

export function checkTable(rows: readonly CheckRow[]): string {
  const count = (status: CheckRow['status']) => rows.filter((row) => row.status === status).length;
  const lines = rows.map((row) => [
    row.folder,
    row.connectivity,
    row.entry,
    row.status,
    row.status === 'not yet' ? '' : row.error.toExponential(2),
  ]);
  return `${table(['folder', 'connectivity', 'entry', 'status', 'relative error'], lines)}\n${count('passed')} passed, ${count('failed')} failed, ${count('not yet')} not yet`;
}

/** The object that `generate --json` writes: docs/command-line.md says what each entry means. */
export function generationJson({ manifest, settings, madeFor, results, ended }: Generation) {
  return {
    manifest: { ...manifest, settings },
    made_for: madeFor,
    ended: ended ?? null,
    results: results.map((r) => ({
      connectivity: r.connectivity,
      schedule: r.schedule,
      ttft_ms: r.ttftMs,
      tbt_ms: r.tbtMs,
      untraced_tbt_ms: r.untracedTbtMs ?? null,
      decoding: r.decoding ? decodingJson(r.decoding) : null,
      cache_bytes: r.cacheBytes,
      requests: r.continuations.map(({ ids, text, ended, ttftMs, gapsMs }, i) => ({
        prompt: r.prompts[i],
        prompt_tokens: r.promptTokens[i],
        ids,
        text,
        ended,
        ttft_ms: ttftMs,
        gaps_ms: gapsMs,
      })),
      steps: r.steps.map(stepJson),
    })),
  };
}

const decodingJson = (own: Decoding) => ({
  steps: own.steps,
  hidden: own.hidden,
  bound_ms: own.boundMs,
  hidden_bound: own.hiddenBound,
  bound_broken: own.boundBroken,
  categories_ms: own.categories,
  ratio_reached: own.ratioReached,
  speedup: own.speedup,
});

const stepJson = ({ tokens, prefill, wallMs, hidden, numbers }: StepResult) => ({
  tokens,
  prefill,
  wall_ms: wallMs,
  hidden,
  ...(numbers && {
    bound_ms: numbers.boundMs,
    hidden_bound: numbers.hiddenBound,
    bound_broken: numbers.boundBroken,
    categories_ms: numbers.categories,
    ratio_reached: numbers.ratioReached,
  }),
});

export function generationTable(generation: Generation): string {
  const { manifest, settings, madeFor, results } = generation;
  // Schedules never change a text.
  const texts = results
    .filter(({ connectivity }, i) => results.findIndex((other) => other.connectivity === connectivity) === i)
    .flatMap((r) => [
      `--- ${r.connectivity}`,
      ...r.continuations.map(
        ({ text, ids, ended }, i) =>
          `${r.prompts[i]}|${text}\n  (${r.promptTokens[i]} + ${ids.length} tokens, ended: ${ended})`,
      ),
    ]);
  const note = madeFor.length === 0 ? '; untrained: the text means nothing' : '';
  return [
    `${manifest.adapter}, ${manifest.runtime}; ${settings.ranks} ranks${note}`,
    ...cutShort(earlyGeneration(generation)),
    ...disturbances(manifest),
    ...texts,
    stepsTable(results),
    timeTable(
      results.map(({ decoding, ...r }) => ({
        ...r,
        categories: decoding?.categories,
        ratioReached: decoding?.ratioReached,
      })),
    ),
  ]
    .filter(Boolean)
    .join('\n');
}

/** A row a combination: a decoding step is one sample. The time to the first token is a median over requests. */
function stepsTable(results: readonly GenerationResult[]): string {
  const median = (own: Estimate | null | undefined, digits: number) => (own ? estimated(own, digits) : '-');
  const broken = (steps: number | undefined) => (steps ? ` broken in ${steps}` : '');
  const rows = results.map(({ connectivity, schedule, ttftMs, tbtMs, untracedTbtMs, decoding, cacheBytes }) => [
    `${connectivity} × ${schedule}`,
    median(tbtMs, 1),
    tbtMs ? tbtMs.p95.toFixed(1) : '-',
    median(untracedTbtMs, 2),
    decoding ? String(decoding.steps) : '-',
    median(decoding?.hidden, 3),
    `${decoding?.hiddenBound?.median.toFixed(3) ?? '-'}${broken(decoding?.boundBroken)}`,
    decoding ? decoding.boundMs.median.toFixed(1) : '-',
    median(decoding?.speedup, 2),
    ttftMs === null ? '-' : ttftMs.toFixed(1),
    (cacheBytes / 1e6).toFixed(2),
  ]);
  const head = [
    'connectivity × schedule',
    'between tokens ms',
    '95 % ms',
    'untraced ms',
    'steps',
    'hidden',
    'bound',
    'bound ms',
    'speed-up',
    'first token ms',
    'caches MB',
  ];
  return table(head, rows);
}

export function claimsTable(rows: readonly ClaimRow[]): string {
  const lines = rows.map(({ id, what, stated, now, agreed }) => [
    id,
    what,
    String(stated),
    now.toPrecision(4),
    agreed ? 'agreed' : 'NOT AGREED',
  ]);
  const agreed = rows.filter((row) => row.agreed).length;
  return `${table(['claim', 'figure', 'stated', 'now', ''], lines)}\n${agreed} agreed, ${rows.length - agreed} not`;
}
