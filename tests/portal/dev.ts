// The portal while it is worked on: `npm run dev`, until Ctrl-C.
import { createInterface } from 'node:readline'
import { aDevServer } from './a-dev-server.ts'

const PORT = 5173

const ends: (() => unknown)[] = []
const after = (work?: unknown) => ends.push(work as () => unknown)
const { address } = await aDevServer({ after } as Parameters<typeof aDevServer>[0], PORT)
const say = async () => console.log(`  ${await address()}`)
console.log('The portal, on a scripted host (this address signs in once, within a minute):')
await say()
console.log('Enter brings another. Ctrl-C ends it.')
const typed = createInterface({ input: process.stdin, terminal: false })
typed.on('line', () => void say())
// `on`, not `once`: npm passes a signal on twice.
await new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve())
})
typed.close()
for (const end of ends.reverse()) await end()
