/**
 * A process beside the tests', on the same database. usage: process.ts DEED OPTIONS [ARGUMENT], a line of output for
 * each thing that is acknowledged.
 */
import { writeSync } from 'node:fs'
import type { Store } from '../../src/domain/store.ts'
import { openStore } from '../../src/store/open.ts'
import { event, vm, vmId } from './samples.ts'

const [deed, options, argument = ''] = process.argv.slice(2)

/** Written before anything else happens. */
function say(what: unknown): void {
  writeSync(1, `${what}\n`)
}

const deeds: Readonly<Record<string, (store: Store) => Promise<void>>> = {
  /** Changes without end, each a resource and its audit. */
  async write(store) {
    for (let i = 0; ; i += 4) await Promise.all([0, 1, 2, 3].map((j) => change(store, i + j)))
  },
  /** Claims all there is, and says so under its claim. */
  async claim(store) {
    for (;;) {
      const by = { owner: argument, hosts: [], at: 10, leaseMs: 1000 }
      const claim = await store.operations.claim(by)
      if (claim === null) return
      await store.under(claim, ({ claimed }) => claimed.finish({ status: 'Succeeded' }, 20))
      say(claim.operation.id)
    }
  },
  /** Stands still in the middle of a change. */
  async hang(store) {
    await store.transaction(async ({ resources }) => {
      await resources.insert(vm('hung'), 1)
      say('inside')
      process.kill(process.pid, 'SIGSTOP')
    })
  },
  async open() {
    say('opened')
  },
}

async function change(store: Store, i: number): Promise<void> {
  const name = `vm-${i}`
  await store.transaction(async ({ resources, audit }) => {
    await resources.insert(vm(name), i)
    await audit.append({ ...event('write', i), resourceId: vmId(name) })
  })
  say(name)
}

const store = await openStore(JSON.parse(options!))
await deeds[deed!]!(store)
await store.close()
