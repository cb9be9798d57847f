import { useEffect } from 'react';
import { droppedFiles } from './dropped_files';
import { placedFiles } from './runs/files';
import { useOpening } from './runs/opening';
import { useForm } from './state/form_store';

/** Files are dropped anywhere on the page: those of a checkpoint become the model, all others are runs and traces. */
export function useDrop(on: boolean): void {
  useEffect(() => {
    if (!on) return;
    const { edit } = useForm.getState();
    const allow = (event: DragEvent) => event.dataTransfer?.types.includes('Files') && event.preventDefault();
    const drop = (event: DragEvent) => {
      const { dataTransfer } = event;
      if (!dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      droppedFiles(dataTransfer).then(
        (files) => {
          if (files.some(isOfCheckpoint)) edit({ model: 'files', files });
          else if (files.length > 0) void useOpening.getState().open(placedFiles(files));
        },
        (cause) => edit({ model: 'files', files: [new File([String(cause)], 'unreadable')] }),
      );
    };
    window.addEventListener('dragover', allow);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', allow);
      window.removeEventListener('drop', drop);
    };
  }, [on]);
}

const isOfCheckpoint = ({ name }: File): boolean => name === 'config.json' || name.endsWith('.safetensors');
