import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { serveEmbedder } from './embed';
import { keepRuns } from './runs/kept_runs';
import { keepAddress } from './state/address';
import { guardUnsaved } from './state/unsaved';
import './styles.css';

const embed = new URLSearchParams(location.search).get('embed');
keepAddress();
guardUnsaved();
if (embed !== null) serveEmbedder(embed);
else keepRuns();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App embedded={embed !== null} />
  </StrictMode>,
);
