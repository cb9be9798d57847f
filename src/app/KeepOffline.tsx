import { useEffect, useState } from 'react';
import { InputError } from '../words/error';
import type { Phrase } from '../words/phrase';
import { whatCanBeKept } from './offline';
import { bytesOf, keepAll, notKept, type SiteFiles } from './site_files';
import { useText } from './state/language';
import { bytes } from './text/format';

/** A button that keeps all that the page can load, or that all is kept; nothing where nothing can be. */
export function KeepOffline() {
  const t = useText();
  const [site, setSite] = useState<SiteFiles | null>(null);
  const [keptBytes, setKeptBytes] = useState(0);
  const [keeping, setKeeping] = useState(false);
  const [problem, setProblem] = useState<Phrase | null>(null);
  useEffect(() => {
    void findSite().then((found) => {
      if (!found) return;
      setSite(found.site);
      setKeptBytes(found.keptBytes);
    });
  }, []);
  if (!site) return null;

  const all = bytesOf(site.files);
  const keep = async () => {
    setKeeping(true);
    setProblem(null);
    try {
      await keepAll(site, setKeptBytes);
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      setProblem(cause.phrase);
    } finally {
      setKeeping(false);
    }
  };
  return (
    <div className="keep-offline">
      {keptBytes < all && (
        <button type="button" disabled={keeping} onClick={() => void keep()}>
          {t.offline.keep(bytes(all))}
        </button>
      )}
      {keeping && <progress value={keptBytes} max={all} aria-label={t.offline.keeping} />}
      <span role="status">{keeping ? t.offline.keeping : keptBytes === all && t.offline.kept}</span>
      {problem && <span role="alert">{t.say(problem)}</span>}
    </div>
  );
}

async function findSite(): Promise<{ readonly site: SiteFiles; readonly keptBytes: number } | null> {
  const site = await whatCanBeKept();
  return site && { site, keptBytes: bytesOf(site.files) - bytesOf(await notKept(site)) };
}
