import { useCallback, useEffect, useState } from 'react';
import { type KeptModel, keptModels } from '../../lab/setup/kept_models';

export type Kept = { readonly models: readonly KeptModel[]; readonly refresh: () => void };

/** Models kept in the browser's storage; none where there is no storage. */
export function useKept(): Kept {
  const [models, setModels] = useState<readonly KeptModel[]>([]);
  const refresh = useCallback(() => {
    keptModels().then(setModels, () => setModels([]));
  }, []);
  useEffect(refresh, [refresh]);
  return { models, refresh };
}
