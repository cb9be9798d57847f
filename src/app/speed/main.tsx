import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { keepAddress } from '../state/address';
import '../styles.css';
import { Speed } from './Speed';

keepAddress();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Speed />
  </StrictMode>,
);
