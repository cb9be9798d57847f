import { type Stall, stallsIn } from '../../setup/disturbance';
import type { GenerationResult, StepResult } from './result';

/**
 * Steps of a text that stalled, among those of the same kind: what a step takes depends on how many tokens it has. The
 * first of a kind is left out, for it has buffers to make.
 */
export function stalledSteps({ connectivity, schedule, steps }: GenerationResult): Stall[] {
  const kindOf = ({ tokens, prefill }: StepResult) => `${tokens} ${prefill}`;
  return [...new Set(steps.map(kindOf))].flatMap((kind) =>
    stallsIn(
      { connectivity, schedule },
      'step',
      steps
        .filter((step) => kindOf(step) === kind)
        .slice(1)
        .map(({ wallMs }) => wallMs),
    ),
  );
}
