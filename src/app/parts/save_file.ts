/** Some browsers read the address after the click has returned, and large files for long. */
const REVOKE_AFTER_MS = 60_000;

/** Hands the browser a file to save. */
export function saveFile(name: string, type: string, contents: BlobPart): void {
  const url = URL.createObjectURL(new Blob([contents], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}

/** What a file may be called that is of something so named. */
export const fileName = (name: string): string =>
  name
    .replaceAll(/[^\p{L}\p{N}.-]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 100) || 'run';
