import { Controls } from './Controls';
import { Notice } from './Notice';
import { Results } from './Results';
import { useLab } from './store';
import { Timeline } from './Timeline';
import { useDescribed } from './useDescribed';
import { Wiring } from './Wiring';
import { Written } from './Written';

export function App() {
  const tracks = useLab((state) => state.tracks);
  const { model, files } = useLab((state) => state.form);
  const described = useDescribed(model, files);
  const writing = useLab((state) => state.writing);
  const status = useLab((state) => state.status);
  return (
    <>
      <header>
        <h1>FarSkip Lab</h1>
        <p>
          A Mixture-of-Experts model on emulated devices, computed by your GPU: tokens travel to the experts' devices and back, and FarSkip
          lets the next computation run meanwhile. Every time below is measured here.
        </p>
      </header>
      <main>
        <div className="side">
          <Controls described={described} />
          <Wiring described={described} />
        </div>
        <div className="stage">
          <Notice />
          {writing ? (
            <Written writing={writing} />
          ) : tracks.length > 0 ? (
            <Timeline tracks={tracks} />
          ) : (
            <Welcome running={status.kind === 'running'} />
          )}
          <Results />
        </div>
      </main>
      <footer>
        <p>
          Emulated are the number of devices and the pace of the wire between them; the arithmetic, the bytes moved and the times are real.
          Devices share your GPU and take turns, so each is as if 1/N as fast, and the wire is slowed N times to match. Method:
          FarSkip-Collective, <a href="https://arxiv.org/abs/2511.11505">arXiv 2511.11505</a>.
        </p>
      </footer>
    </>
  );
}

function Welcome({ running }: { running: boolean }) {
  return (
    <section className="welcome">
      {running ? (
        <p>The first lanes appear as soon as the model is loaded and its kernels are compiled.</p>
      ) : (
        <p>
          Press <strong>Run FarSkip off and on</strong>: the prompt travels through the regular model and through the converted one, and
          their timelines appear here under each other.
        </p>
      )}
    </section>
  );
}
