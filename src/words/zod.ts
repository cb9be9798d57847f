import { config, z } from 'zod';
import { type Phrase, phrase } from './phrase';

config({
  // The page's content security policy forbids code made from strings, which zod would otherwise try as soon as a
  // schema is made.
  jitless: true,
  localeError: ({ code, input }) =>
    code === 'invalid_type' && input === undefined ? because(phrase`it is missing`) : '',
});

export { z };

/** A whole number of any size, as configs have for "all": 1e30 too, which is no safe integer. */
export const wholeNumber = () => z.number().refine(Number.isInteger, because(phrase`it should be a whole number`));

/** A schema's own message. zod's messages are strings: `firstIssue` makes a phrase of it again. */
export const because = (why: Phrase): string => JSON.stringify(why);

/** What of a value a schema does not take, the first of it: where, and what should be there. */
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
  if (issue.message) return JSON.parse(issue.message) as Phrase;
  switch (issue.code) {
    case 'invalid_type':
      return ofType(issue.expected);
    case 'too_big': {
      const most = Number(issue.maximum);
      if (!issue.inclusive) return phrase`it should be below ${most}`;
      if (issue.origin === 'string') return phrase`it should have at most ${most} characters`;
      return issue.origin === 'array'
        ? phrase`it should have at most ${most} entries`
        : phrase`it should be at most ${most}`;
    }
    case 'too_small': {
      const least = Number(issue.minimum);
      if (!issue.inclusive) return phrase`it should be above ${least}`;
      if (issue.origin !== 'string' && issue.origin !== 'array') return phrase`it should be at least ${least}`;
      return least === 1 ? phrase`it should not be empty` : phrase`it should have at least ${least} entries`;
    }
    case 'invalid_value':
      return oneOf(issue.values.map(String));
    case 'unrecognized_keys':
      return phrase`there is no ${issue.keys.join(', ')}`;
    case 'invalid_union':
      // Either none of the kinds that a key tells apart, or what each alternative says of it.
      if (issue.errors.length === 0)
        return 'options' in issue && issue.options ? oneOf(issue.options.map(String)) : phrase`it is of no known kind`;
      return issue.errors
        .flatMap(([first]) => (first ? [reasonOf(first)] : []))
        .reduce((either, or) => phrase`${either}, or ${or}`);
    default:
      return phrase`it has another form than it should`;
  }
}

const oneOf = (values: readonly string[]): Phrase =>
  values.length === 1 ? phrase`it should be ${values[0]!}` : phrase`it should be one of ${values.join(', ')}`;

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
