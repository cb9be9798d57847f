import { type ReactNode, useEffect, useRef, useState } from 'react';

/** How far below the window something is still near, as CSS has it. */
const NEAR = '600px';

/**
 * Draws what is in it once it is near the window: what nobody has scrolled to yet takes no time when the page opens.
 */
export function WhenNear({ children }: { children: ReactNode }) {
  const [near, setNear] = useState(false);
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (near || !holder.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setNear(true), {
      rootMargin: NEAR,
    });
    observer.observe(holder.current);
    return () => observer.disconnect();
  }, [near]);
  return near ? children : <div ref={holder} className="not-yet" />;
}
