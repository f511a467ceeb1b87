import { createDOMRenderer, RendererProvider } from '@fluentui/react-components'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queries } from './api/query-client.ts'
import { router } from './routes.tsx'
import { Appearance } from './ui/appearance.tsx'
import { nonce } from './ui/nonce.ts'
import './ui/page.css'

// Styles made by script are this answer's own: by its nonce.
const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce } })

createRoot(document.getElementById('portal')!).render(
  <StrictMode>
    <RendererProvider renderer={renderer}>
      <Appearance>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </Appearance>
    </RendererProvider>
  </StrictMode>,
)
