import { useEffect, useState } from 'react';

const SHOWN_MS = 8000;

/**
 * Says for a while, wherever the page is scrolled to, what has just happened; it is spoken, too. The same text in a new
 * object is said again.
 */
export function Toast({ said }: { said: { readonly text: string } | null }) {
  const [over, setOver] = useState<typeof said>(null);
  useEffect(() => {
    const timer = setTimeout(() => setOver(said), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <p className={said && over !== said ? 'toast' : 'visually-hidden'} role="status">
      {over === said ? '' : said?.text}
    </p>
  );
}
