import { useEffect, useState } from 'react';
import { largestBinding } from '../../lab/engine/client';
import { preference } from '../state/preference';

/**
 * Bytes of the largest buffer that the engine's adapter can bind; null while that is not known, or without an adapter.
 */
export function useBufferLimit(): number | null {
  const [limit, setLimit] = useState<number | null>(null);
  useEffect(() => {
    let current = true;
    largestBinding(preference).then((bytes) => {
      if (current) setLimit(bytes);
    });
    return () => {
      current = false;
    };
  }, []);
  return limit;
}
