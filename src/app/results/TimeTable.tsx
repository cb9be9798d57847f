import { nameOfCombination } from '../../lab/experiments/experiment';
import type { CombinationResult } from '../../lab/experiments/measurement/result';
import { CATEGORIES } from '../../trace/gaps';
import { Scroll } from '../parts/fields';
import { useText } from '../state/language';
import { ms } from '../text/format';

/** What the devices' time went to in each combination, and how that differs from the first one. */
export function TimeTable({
  results,
}: {
  results: readonly Pick<CombinationResult, 'connectivity' | 'schedule' | 'categories'>[];
}) {
  const t = useText();
  const known = results.flatMap((result) => (result.categories ? [{ result, spent: result.categories }] : []));
  const first = known[0];
  if (!first) return null;
  const shown = CATEGORIES.filter((category) => known.some(({ spent }) => spent[category] > 0));
  const total = (spent: typeof first.spent) => CATEGORIES.reduce((sum, category) => sum + spent[category], 0);
  const difference = (own: number, before: number) => (
    <span className="faint interval">
      {own < before ? '−' : '+'}
      {ms(Math.abs(own - before))}
    </span>
  );
  return (
    <Scroll label={t.results.timeTable}>
      <table>
        <caption>{t.results.timeTable}</caption>
        <thead>
          <tr>
            <th scope="col">{t.results.run}</th>
            {shown.map((category) => (
              <th key={category} scope="col">
                {t.results.categories[category]}
              </th>
            ))}
            <th scope="col">{t.results.together}</th>
          </tr>
        </thead>
        <tbody>
          {known.map(({ result, spent }) => (
            <tr key={t.say(nameOfCombination(result))}>
              <th scope="row">{t.say(nameOfCombination(result))}</th>
              {shown.map((category) => (
                <td key={category}>
                  {ms(spent[category])} {result !== first.result && difference(spent[category], first.spent[category])}
                </td>
              ))}
              <td>
                {ms(total(spent))} {result !== first.result && difference(total(spent), total(first.spent))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
