import { config, z } from 'zod';
import { type Phrase, phrase } from './phrase';

config({
  // The page's content security policy forbids code made from strings, which zod would otherwise try as soon as a schema is made.
  jitless: true,
  // Messages are those that schemas give themselves; `whyNot` has the rest.
  localeError: () => '',
});

export { z };

/** What of a value a schema does not take, the first of it: where, and what should be there. A schema's own messages are ids of phrases. */
export const firstIssue = ({ issues: [issue] }: z.ZodError): { readonly where: string; readonly reason: Phrase } => ({
  where: issue!.path.join('.'),
  reason: reasonOf(issue!),
});

/** The same as a part of a sentence. */
export function whyNot(error: z.ZodError): Phrase {
  const { where, reason } = firstIssue(error);
  return where ? phrase`${where}: ${reason}` : reason;
}

type Issue = z.core.$ZodIssue;

function reasonOf(issue: Issue): Phrase {
  // Phrases with values hand them over as `params`.
  if (issue.message) return { id: issue.message, values: issue.code === 'custom' ? (issue.params?.values ?? []) : [] };
  switch (issue.code) {
    case 'invalid_type':
      return ofType(issue.expected);
    case 'too_big': {
      const most = Number(issue.maximum);
      if (!issue.inclusive) return phrase`it should be below ${most}`;
      if (issue.origin === 'string') return phrase`it should have at most ${most} characters`;
      return issue.origin === 'array' ? phrase`it should have at most ${most} entries` : phrase`it should be at most ${most}`;
    }
    case 'too_small': {
      const least = Number(issue.minimum);
      if (!issue.inclusive) return phrase`it should be above ${least}`;
      if (issue.origin === 'string') return phrase`it should have at least ${least} characters`;
      return issue.origin === 'array' ? phrase`it should have at least ${least} entries` : phrase`it should be at least ${least}`;
    }
    case 'invalid_value':
      return issue.values.length === 1
        ? phrase`it should be ${String(issue.values[0])}`
        : phrase`it should be one of ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return phrase`there is no ${issue.keys.join(', ')}`;
    case 'invalid_union': {
      const last = issue.errors.at(-1)?.[0];
      return last ? reasonOf(last) : phrase`it is of no known kind`;
    }
    default:
      return phrase`it has another form than it should`;
  }
}

function ofType(expected: string): Phrase {
  switch (expected) {
    case 'number':
      return phrase`it should be a number`;
    case 'int':
      return phrase`it should be a whole number`;
    case 'string':
      return phrase`it should be a text`;
    case 'boolean':
      return phrase`it should be true or false`;
    case 'array':
    case 'tuple':
      return phrase`it should be a list`;
    case 'null':
      return phrase`it should be null`;
    default:
      return phrase`it should be an object`;
  }
}
