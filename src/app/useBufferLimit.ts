import { useEffect, useState } from 'react';
import { preference } from './store';

/** Bytes of the largest buffer that the engine's adapter can bind; null while that is not known, or without an adapter. */
export function useBufferLimit(): number | null {
  const [limit, setLimit] = useState<number | null>(null);
  useEffect(() => {
    let current = true;
    navigator.gpu
      ?.requestAdapter(preference === 'swiftshader' ? { forceFallbackAdapter: true } : { powerPreference: 'high-performance' })
      .then((adapter) => {
        if (current && adapter) setLimit(Math.min(adapter.limits.maxBufferSize, adapter.limits.maxStorageBufferBindingSize));
      });
    return () => {
      current = false;
    };
  }, []);
  return limit;
}
