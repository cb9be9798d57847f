import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '../styles.css';
import { Glossary } from './Glossary';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Glossary />
  </StrictMode>,
);
// The term that the address names is there only now.
requestAnimationFrame(() => document.getElementById(location.hash.slice(1))?.scrollIntoView());
