import { phrase } from '../../../words/phrase';
import type { RunKind } from '../run_kind';
import { nameOfModel } from '../run_settings';
import { combinationTrack, keyOf, type Track } from '../track';
import { Measurement } from './result';

/** A prefill timed under connectivities and schedules, in turn. */
export const measurement: RunKind<Measurement> = {
  result: Measurement,
  manifestOf: ({ manifest }) => manifest,
  nameOf({ settings: { model, ranks, parallel, link } }) {
    switch (link.kind) {
      case 'ratio':
        return phrase`${nameOfModel(model)}, ${parallel} on ${ranks}, ratio ${link.ratio}`;
      case 'speed':
        return phrase`${nameOfModel(model)}, ${parallel} on ${ranks}, ${link.gbps} GB/s`;
      case 'native':
        return phrase`${nameOfModel(model)}, ${parallel} on ${ranks}, native`;
      case 'none':
        return phrase`${nameOfModel(model)}, ${parallel} on ${ranks}, no wire`;
    }
  },
  tracksOf: (own) => tracksAt(own, null),
};

const paceOf = ({ kind }: Measurement['settings']['link']): Track['pace'] =>
  kind === 'native' ? 'native' : kind === 'none' ? 'instant' : 'emulated';

/** A track a combination; `point` is that of a sweep. */
export const tracksAt = ({ settings, results }: Measurement, point: Track['point']): Track[] =>
  results.map((result) => ({
    ...combinationTrack(settings, result, result.spans),
    key: point ? `${point.value}-${keyOf(result)}` : keyOf(result),
    point,
    spans: result.spans,
    pace: paceOf(settings.link),
    result,
    table: result.table,
  }));
