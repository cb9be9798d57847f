import { useState } from 'react';
import type { LabRun } from '../../lab/runs/lab_run';
import { communicationRule } from '../../trace/kernel_kinds';
import { communicatesIn, communicatingBy } from '../../trace/trace_spans';
import { InputError } from '../../words/error';
import type { Phrase } from '../../words/phrase';
import { useText } from '../state/language';
import { useRuns } from '../state/runs_store';

/** Which kernels of a trace communicate beside those that are known, and a word where none is. */
export function CommunicationField({ run }: { run: LabRun & { readonly kind: 'trace' } }) {
  const t = useText();
  const { communication: words } = t.results;
  const [names, setNames] = useState('');
  const [problem, setProblem] = useState<Phrase | null>(null);
  const apply = () => {
    try {
      const spans = communicatingBy(run.result.spans, communicationRule(names));
      useRuns.getState().replace({ ...run, result: { ...run.result, spans } });
      setProblem(null);
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      setProblem(cause.phrase);
    }
  };
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      {!communicatesIn(run.result.spans) && <p className="warning">{words.none}</p>}
      <label>
        {words.label}
        <input
          type="text"
          value={names}
          placeholder="my_all2all|^allreduce_"
          spellCheck={false}
          aria-invalid={problem !== null}
          onChange={({ target }) => setNames(target.value)}
        />
      </label>
      <button type="submit">{words.apply}</button>
      {problem && <p role="alert">{t.say(problem)}</p>}
    </form>
  );
}
