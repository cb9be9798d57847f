/** Commit that the build was made from, set by vite.config.ts. */
declare const __COMMIT__: string;
/** Of the kernels of this build. */
declare const __KERNELS__: string;
declare const __PROGRAMS__: string;
