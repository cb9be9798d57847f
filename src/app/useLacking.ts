import { useEffect, useState } from 'react';
import { type Lacking, lackingHere } from '../lab/engine/availability';
import { preference } from './state/preference';

/** What this browser lacks to run the engine; null while that is not known, or when it lacks nothing. */
export function useLacking(): Lacking | null {
  const [lacking, setLacking] = useState<Lacking | null>(null);
  useEffect(() => {
    let current = true;
    lackingHere(preference).then((found) => current && setLacking(found));
    return () => {
      current = false;
    };
  }, []);
  return lacking;
}
