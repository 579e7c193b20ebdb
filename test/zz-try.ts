import { readdirSync } from 'node:fs'
import { launchBrowser } from './support/browser.ts'
import { apiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'
const server = await apiServer(fakeEngine(), { webFolder: '/work/main/web/dist' })
const browser = await launchBrowser()
const page = await browser.newPage()
page.on('console', (m) => console.log('console', m.type(), m.text()))
page.on('worker', (w) => {
  console.log('worker', w.url())
  w.on('console', (m) => console.log('W', m.text()))
})
page.on('request', (r) => console.log(r.url()))
await page.goto(server.url)
const f = readdirSync('/work/main/web/dist/assets').find((n) => n.startsWith('highlight-worker'))
const r = await page.evaluate(
  (f) =>
    new Promise((resolve) => {
      const w = new Worker('/assets/' + f, { type: 'module' })
      w.onmessage = (e) => resolve(e.data)
      w.onerror = (e) => resolve('error ' + e.message)
      w.postMessage({ id: 1, code: 'const a = 1', language: 'ts' })
      setTimeout(() => resolve('timeout'), 5000)
    }),
  f,
)
console.log(JSON.stringify(r))
await browser.close()
await server[Symbol.asyncDispose]()
