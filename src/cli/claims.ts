/**
 * How far a figure may be from what the documents say and still agree: a share of it, an amount, or nothing but less.
 */
type Within = { readonly share: number } | { readonly amount: number } | 'at most';

/** A figure as it stands in a document, and how to get it again. */
type Figure = { readonly what: string; readonly stated: number; readonly within: Within };

/**
 * What a document says of measured figures: the text, whose captures are the figures, and the commands of this lab that
 * give them again. `figures` takes what the commands wrote with --json, in their order, and answers one number a
 * capture.
 */
export type Claim = {
  readonly id: string;
  readonly file: string;
  readonly pattern: RegExp;
  readonly commands: readonly string[];
  readonly figures: (written: readonly unknown[]) => readonly number[];
  /** A name and a measure of agreement a capture. */
  readonly captures: readonly (readonly [what: string, within: Within])[];
};

/** Machines, and the same machine at other times, differ by as much. */
const TIME: Within = { share: 0.1 };
const SHARE: Within = { amount: 0.05 };
const RATE: Within = { share: 0.5 };

type Estimate = { readonly median: number };
type MeasureJson = {
  readonly results: readonly {
    readonly wall_ms: Estimate;
    readonly comm_ms: Estimate;
    readonly compute_ms: Estimate;
    readonly hidden: number;
    readonly hidden_bound: Estimate;
    readonly bound_ms: Estimate;
    readonly speedup: Estimate;
    readonly phases?: readonly { readonly phase: string; readonly hidden: Estimate; readonly hidden_bound: Estimate }[];
  }[];
};
type GenerateJson = {
  readonly results: readonly { readonly tbt_ms: Estimate; readonly untraced_tbt_ms: Estimate }[];
};
type BenchJson = { readonly rates: readonly { readonly way: string; readonly mib: number; readonly gbps: number }[] };
type TimesJson = { readonly scheduleS: number; readonly boundS: number };
type Rate = { readonly frames: { readonly median: number }; readonly scriptMs: { readonly median: number } };
type PageJson = { readonly paced: Rate; readonly unpaced: Rate; readonly firstPaintMs: number };

const DEEPSEEK = '--model deepseek-v2-lite-960m --balanced --ranks 4 --tokens 2048';
const RATIOS = [0.1, 0.25, 0.5, 1, 2];
const SPREADS = { ep: 'experts `ep`', tp: 'tensors `tp`' } as const;
const WALLS = ['regular × blocking', 'regular × overlapped', 'FarSkip × blocking', 'FarSkip × overlapped'];

const wallsOf = ({ results }: MeasureJson) => results.map(({ wall_ms }) => wall_ms.median);

/** Measures all rows of a kind at once. */
const ratiosOf = (kind: keyof typeof SPREADS): string =>
  `measure ${DEEPSEEK} --parallel ${kind} --repeats 6 --sweep ratio=${RATIOS.join()}`;

/** A row of the table of ratios. */
function ratioRow(kind: keyof typeof SPREADS, ratio: number): Claim {
  const cell = '([\\d.]+)';
  const row = `\\| ${ratio} \\|${` ${cell} ms \\|`.repeat(5)} ${cell} \\(${cell}\\)[^|]*\\| ${cell} \\[`;
  return {
    id: `${kind} ratio ${ratio}`,
    file: 'docs/results.md',
    pattern: new RegExp(`${literally(SPREADS[kind])}[^]*?${row}`),
    commands: [ratiosOf(kind)],
    figures: ([points]) => {
      const point = (points as MeasureJson[])[RATIOS.indexOf(ratio)]!;
      const best = point.results[3]!;
      return [...wallsOf(point), best.bound_ms.median, best.hidden, best.hidden_bound.median, best.speedup.median];
    },
    captures: [
      ...WALLS.map((what) => [`${what}, ms`, TIME] as const),
      ['bound, ms', TIME],
      ['hidden', SHARE],
      ['the most that could be hidden', SHARE],
      ['speed-up', TIME],
    ],
  };
}

/** A row of a pass forward and one backward. */
function trainingRow(tokens: number, ratio: number): Claim {
  const cell = '([\\d.]+)';
  const share = ` ${cell} \\(${cell}\\) \\|`;
  const label = `\\| ${tokens.toLocaleString('en')} \\| ${ratio} \\|`;
  return {
    id: `training, ${tokens} tokens, ratio ${ratio}`,
    file: 'docs/results.md',
    pattern: new RegExp(`${label}${` ${cell} ms \\|`.repeat(4)} ${cell} \\|${share.repeat(3)}`),
    commands: [
      `measure --model deepseek-v2-lite-960m --balanced --ranks 4 --tokens ${tokens} --link ratio:${ratio}` +
        ' --pass backward --repeats 7 --runtime node',
    ],
    figures: ([written]) => {
      const measured = written as MeasureJson;
      const best = measured.results[3]!;
      const shares = ['forward', 'backward'].flatMap((wanted) => {
        const own = best.phases!.find(({ phase }) => phase === wanted)!;
        return [own.hidden.median, own.hidden_bound.median];
      });
      return [...wallsOf(measured), best.speedup.median, ...shares, best.hidden, best.hidden_bound.median];
    },
    captures: [
      ...WALLS.map((what) => [`${what}, ms`, TIME] as const),
      ['gain', TIME],
      ...['forward', 'backward', 'all'].flatMap((part) => [
        [`hidden, ${part}`, { amount: 0.1 }] as const,
        [`the most that could be hidden, ${part}`, SHARE] as const,
      ]),
    ],
  };
}

/** A row for devices of their own. */
function separateRow(kind: keyof typeof SPREADS, label: string): Claim {
  const cell = '([\\d.]+)';
  return {
    id: `${kind}, a GPU device each`,
    file: 'docs/results.md',
    pattern: new RegExp(
      `${literally(label)}[^|]*\\| \\(${cell}\\) \\|${` ${cell} ms \\|`.repeat(4)} – \\| ${cell} \\| ${cell}`,
    ),
    commands: [`measure ${DEEPSEEK} --parallel ${kind} --backing separate --link native --repeats 7`],
    figures: ([written]) => {
      const { results } = written as MeasureJson;
      const [first, , , best] = results as [
        MeasureJson['results'][number],
        unknown,
        unknown,
        MeasureJson['results'][number],
      ];
      const ratio = first.comm_ms.median / first.compute_ms.median;
      return [ratio, ...wallsOf({ results }), best.hidden, best.speedup.median];
    },
    // From measurement to measurement these differ most: docs/measurements.md.
    captures: [
      ['ratio', { share: 0.3 }],
      ...WALLS.map((what) => [`${what}, ms`, { share: 0.3 }] as const),
      ['hidden', { amount: 0.04 }],
      ['speed-up', { share: 0.3 }],
    ],
  };
}

const DECODING =
  "generate deepseek-v2-lite-960m --balanced --prompt 'Alice was beginning to' --others 63 --tokens 12 --ranks 4 --wire bf16 --nodes 2 --link 25,10 --between 2,50 --ignore-stop";
const decodingOf = (kind: 'ep' | 'tp') =>
  `${DECODING} --parallel ${kind} --connectivity regular,farskip --schedule blocking,overlapped`;

/** Of what takes the host as long as the GPU: one host is quick in one minute and slow in the next. */
const HOST: Within = { share: 0.3 };
const ONE = "--prompt 'Alice was beginning to' --ranks 1 --ignore-stop --connectivity regular";
const PREFILL = 'measure --model deepseek-v2-lite-960m --balanced --repeats 7 --link none';

/**
 * The measured figures that docs/results.md and README.md state first, each to be had by a command; a text's intervals
 * are not claimed.
 */
export const CLAIMS: readonly Claim[] = [
  {
    id: 'one result',
    file: 'README.md',
    pattern: /regular, overlapped schedule \| (\d+) ms \| \| FarSkip, overlapped schedule \| (\d+) ms; (\d+) %/,
    commands: [ratiosOf('ep')],
    figures: ([points]) => {
      const { results } = (points as MeasureJson[])[RATIOS.indexOf(0.5)]!;
      return [results[1]!.wall_ms.median, results[3]!.wall_ms.median, 100 * results[3]!.hidden];
    },
    captures: [
      ['regular × overlapped, ms', TIME],
      ['FarSkip × overlapped, ms', TIME],
      ['hidden, %', { amount: 5 }],
    ],
  },
  ...RATIOS.map((ratio) => ratioRow('ep', ratio)),
  ...RATIOS.map((ratio) => ratioRow('tp', ratio)),
  ...[0.25, 0.5].map((ratio) => trainingRow(2048, ratio)),
  separateRow('ep', 'a GPU device each (`ep`)'),
  separateRow('tp', 'the same (`tp`)'),
  {
    id: 'decoding over two nodes',
    file: 'docs/results.md',
    pattern: /falls from (\d+) to (\d+) ms \(`ep`\), from (\d+) to (\d+) ms \(`tp`\)/,
    commands: [decodingOf('ep'), decodingOf('tp')],
    figures: (written) =>
      (written as GenerateJson[]).flatMap(({ results }) =>
        [results[0]!, results[3]!].map(({ tbt_ms }) => tbt_ms.median),
      ),
    captures: [
      ['ep, regular × blocking, ms', { share: 0.15 }],
      ['ep, FarSkip × overlapped, ms', { share: 0.15 }],
      ['tp, regular × blocking, ms', { share: 0.15 }],
      ['tp, FarSkip × overlapped, ms', { share: 0.15 }],
    ],
  },
  {
    id: 'decoding on one device',
    file: 'docs/results.md',
    pattern: /without a trace: ([\d.]+) ms \[[^\]]+\] a token \([^)]+\), ([\d.]+) ms \[[^\]]+\] \(the reference model/,
    commands: [
      `generate deepseek-v2-lite-960m --balanced ${ONE} --tokens 64`,
      `generate reference ${ONE} --tokens 100`,
    ],
    figures: (written) => (written as GenerateJson[]).map(({ results }) => results[0]!.untraced_tbt_ms.median),
    captures: [
      ['deepseek-v2-lite-960m, ms', HOST],
      ['the reference model, ms', { share: 0.6 }],
    ],
  },
  {
    id: 'prefill without a wire',
    file: 'docs/results.md',
    pattern:
      /4 × 512 tokens, regular × blocking, take ([\d.]+) ms \[[^\]]+\], FarSkip × overlapped ([\d.]+) ms.*One device × 2,048 tokens takes ([\d.]+) ms/,
    commands: [
      `${PREFILL} --ranks 4 --tokens 512`,
      `${PREFILL} --ranks 1 --tokens 2048 --connectivity regular --schedule blocking`,
    ],
    figures: (written) => {
      const [four, one] = (written as MeasureJson[]).map(wallsOf);
      return [four![0]!, four![3]!, one![0]!];
    },
    captures: [
      ['4 × 512, regular × blocking, ms', HOST],
      ['4 × 512, FarSkip × overlapped, ms', HOST],
      ['1 × 2,048, ms', TIME],
    ],
  },
  {
    id: 'through the host',
    file: 'docs/results.md',
    pattern:
      /up ([\d.]+) with `writeBuffer`, ([\d.]+) mapped at creation, ([\d.]+) with staging that stays mapped;\s+down ([\d.]+) with a copy,\s+([\d.]+) read in place/,
    commands: ['bench --mib 16'],
    figures: ([written]) => {
      const rate = (way: string) => (written as BenchJson).rates.find((each) => each.way === way)!.gbps;
      return [
        rate('up, writeBuffer'),
        rate('up, mapped at creation'),
        rate('up, kept mapped'),
        rate('down, copied out'),
        rate('down, read in place'),
      ];
    },
    captures: ['writeBuffer', 'mapped at creation', 'kept mapped', 'copied out', 'read in place'].map(
      (way) => [`${way}, GB/s`, RATE] as const,
    ),
  },
  {
    id: 'time to schedule',
    file: 'docs/results.md',
    pattern:
      /Of 27 layers they take under ([\d.]+) s; of 1,100 layers, some 32,000 operations, together with the bound under ([\d.]+) s/,
    commands: ['program deepseek-v2-lite-960m --time', 'program deepseek-v2-lite-960m --time --layers 1100'],
    figures: (written) =>
      (written as TimesJson[]).map(({ scheduleS, boundS }, i) => (i === 0 ? scheduleS : scheduleS + boundS)),
    captures: [
      ['27 layers, s', 'at most'],
      ['1,100 layers, s', 'at most'],
    ],
  },
  {
    id: 'frames of the timeline',
    file: 'docs/results.md',
    pattern:
      /frames take ([\d.]+) ms at the screen's pace, scripts under ([\d.]+) ms of them, and the first paint comes within ([\d.]+) ms/,
    commands: ['page'],
    figures: ([written]) => {
      const { paced, firstPaintMs } = written as PageJson;
      return [paced.frames.median, paced.scriptMs.median, firstPaintMs];
    },
    captures: [
      ['a frame, ms', TIME],
      ['scripts of it, ms', 'at most'],
      ['first paint, ms', 'at most'],
    ],
  },
];

/** A claim's figures as its document states them, wherever its lines break; null when the text is not there. */
export function statedIn(text: string, { pattern, captures }: Claim): Figure[] | null {
  const found = pattern.exec(text.replaceAll(/\s+/g, ' '));
  return found && captures.map(([what, within], i) => ({ what, stated: Number(found[i + 1]), within }));
}

export function agrees({ stated, within }: Figure, now: number): boolean {
  if (within === 'at most') return now <= stated;
  return Math.abs(now - stated) <= ('share' in within ? within.share * stated : within.amount);
}

function literally(text: string): string {
  return text.replace(/[()`]/g, '\\$&');
}
