import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './style.css'
import { App } from './app.tsx'
import { worthRetrying } from './server/queries.ts'
import { takeToken as tokenOf } from './session/sign-in-token.ts'

let token = tokenOf('/sign-in')
const invitation = tokenOf('/invitation')
const takeToken = () => {
  const taken = token
  token = null
  return taken
}

// Radix writes a <style> while a dialog is open; the policy lets it only with this response's nonce.
const nonce = document.querySelector<HTMLElement>('meta[property="csp-nonce"]')?.nonce
if (nonce !== undefined) setNonce(nonce)

const queries = new QueryClient({ defaultOptions: { queries: { retry: worthRetrying } } })

const root = document.querySelector('#root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App takeToken={takeToken} invitation={invitation} />
      </QueryClientProvider>
    </StrictMode>,
  )
}
