import { type Command, Option } from 'commander';
import { type Ended, earlyMeasurement, earlySweep } from '../../lab/experiments/ended';
import type { Measurement } from '../../lab/experiments/measurement/result';
import { DEFAULT_MEASUREMENT, MeasureSettings } from '../../lab/experiments/measurement/settings';
import type { SweepPoint } from '../../lab/experiments/sweep_result';
import { PASSES } from '../../program/program';
import { failEarly } from '../early';
import { integer, link, list, number, sweep } from '../options';
import { measureJson, measureTable, sweepJson } from '../report';
import { runExperiment } from '../run_experiment';
import { measureRankTraces, measureTraces } from '../trace_report';
import { saveRun, writeJson, writeTexts } from '../write_files';
import {
  CONNECTIVITIES,
  modelAt,
  type Options,
  readRunSettings,
  withFiles,
  withRunSettings,
  withWhere,
} from './command';

export function addMeasure(program: Command): void {
  const command = program
    .command('measure')
    .description('measure connectivities under schedules, in turn, over one emulated wire')
    .option('--model <id>', 'a preset, or the path or address of a checkpoint folder', DEFAULT_MEASUREMENT.model)
    .option('--connectivity <list>', CONNECTIVITIES, list, [...DEFAULT_MEASUREMENT.connectivity])
    .option('--schedule <list>', 'blocking, overlapped', list, [...DEFAULT_MEASUREMENT.schedule])
    .addOption(
      new Option(
        '--backing <kind>',
        'shared: one GPUDevice for all ranks; separate: one each, messages through the host',
      )
        .choices(MeasureSettings.shape.backing.options)
        .default(DEFAULT_MEASUREMENT.backing),
    )
    .addOption(
      new Option('--pass <pass>', 'a prefill (forward), or a training step up to its gradients, or with its update')
        .choices(PASSES)
        .default(DEFAULT_MEASUREMENT.pass),
    )
    .option('--recompute', 'compute layers again for the backward pass, not hold them', DEFAULT_MEASUREMENT.recompute)
    .option('--sharded', 'update a shard of the weights on each device that has them', DEFAULT_MEASUREMENT.sharded)
    .option('--tokens <n>', 'tokens of the sequence on each device', integer, DEFAULT_MEASUREMENT.tokens)
    .option(
      '--link <spec>',
      'GBPS,US, ratio:R, native (separate backing: no pace but that of the way) or none (no wire)',
      link,
      DEFAULT_MEASUREMENT.link,
    )
    .option('--repeats <n>', 'counted runs of each combination', integer, DEFAULT_MEASUREMENT.repeats)
    .option('--until <share>', "go on until each speed-up's interval is narrower than this share of it", number)
    .option('--budget <seconds>', 'begin no further run after so long', number, DEFAULT_MEASUREMENT.budget)
    .option('--lean', 'save numbers alone, no timelines', false)
    .option('--trace <file>', 'write a Chrome trace of each combination: FILE with its name before the ending')
    .option('--trace-ranks <folder>', 'write the same in a file a rank: a folder in FOLDER for each combination')
    .option('--sweep <name=list>', 'measure again and again: tokens=64,256, ranks=2,4 or ratio=0.1,0.5', sweep);
  withWhere(withFiles(withRunSettings(command))).action(async (options: Options) => {
    const {
      gpu,
      runtime,
      timestamps,
      json,
      save,
      name,
      machine,
      lean,
      trace,
      traceRanks,
      sweep: swept,
      model,
      until,
      ...rest
    } = options;
    const settings = { ...DEFAULT_MEASUREMENT, ...readRunSettings(rest), model: modelAt(model), until: until ?? null };
    const where = { gpu, runtime, timestamps };
    const files = { save, name, machine };
    // The model as it was given: elsewhere a folder goes by another name.
    const given = (own: Measurement): Measurement => ({ ...own, settings: { ...own.settings, model: settings.model } });
    const show = (own: Measurement, point: number | null): void => {
      console.log(measureTable(own));
      if (trace) writeTexts(measureTraces(own, trace, point));
      if (traceRanks) writeTexts(measureRankTraces(own, traceRanks, point));
    };
    const kept = lean ? withoutSpans : (own: Measurement) => own;
    if (!swept) {
      const result = given(await runExperiment('measurement', settings, where));
      show(result, null);
      writeJson(json, measureJson(result));
      saveRun(files, { kind: 'measurement', result: kept(result) });
      return failEarly(earlyMeasurement(result));
    }
    const points: SweepPoint[] = [];
    const write = (ended: Ended | undefined): void => {
      writeJson(
        json,
        sweepJson(
          points.map(({ measurement }) => measurement),
          ended,
        ),
      );
      saveRun(files, { kind: 'sweep', result: { over: swept.over, points, ...(ended && { ended }) } });
    };
    const { ended } = await runExperiment('sweep', { ...settings, sweep: swept }, where, (event) => {
      if (event.kind !== 'point') return;
      const measurement = given(event.point.measurement);
      points.push({ value: event.point.value, measurement: kept(measurement) });
      show(measurement, points.length);
      // After each point: a sweep that fails keeps what it has.
      write(undefined);
    });
    if (ended) write(ended);
    failEarly(earlySweep({ points, ...(ended && { ended }) }));
  });
}

const withoutSpans = (measurement: Measurement): Measurement => ({
  ...measurement,
  results: measurement.results.map((result) => ({ ...result, spans: [] })),
});
