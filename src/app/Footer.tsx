import { KeepOffline } from './KeepOffline';
import { PageLink } from './parts/PageLink';
import { PUBLIC_PAGE } from './public_page';
import { fragmentNow } from './state/address';
import { useText } from './state/language';

/** What is real and what is emulated, and the paper; in a frame, the way out of it. */
export function Footer({ embedded }: { embedded: boolean }) {
  const t = useText();
  return (
    <footer>
      {embedded ? (
        <p>
          <a
            href="./"
            target="_blank"
            rel="noreferrer"
            onClick={({ currentTarget }) => {
              currentTarget.hash = fragmentNow();
            }}
          >
            {t.page.openLab}
          </a>
        </p>
      ) : (
        <>
          <p>
            {t.page.footer} <a href="https://arxiv.org/abs/2511.11505">arXiv 2511.11505</a>.
            {PUBLIC_PAGE && (
              <>
                {' '}
                <a href={PUBLIC_PAGE}>{t.page.publicPage}</a>
              </>
            )}
          </p>
          <p>
            <PageLink page="speed">{t.speed.link}</PageLink> · <PageLink page="glossary">{t.glossary.heading}</PageLink>
          </p>
          <KeepOffline />
        </>
      )}
    </footer>
  );
}
