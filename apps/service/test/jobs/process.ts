/** A worker in a process of its own. usage: process.ts OPTIONS OWNER; a line for each step that it may take. */
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { Worker } from '../../src/jobs/worker.ts'
import { openStore } from '../../src/store/open.ts'

const [options, owner] = process.argv.slice(2) as [string, string]
const say = (text: string) => writeSync(1, `${text}\n`)

const store = await openStore(JSON.parse(options))
const worker = new Worker({
  ...{ store, owner, hosts: () => [], now: Date.now },
  log: pino({ level: 'silent' }),
  handlers: {
    long: async (job) => {
      for (let step = Number(job.operation.progress.step ?? 0) + 1; step <= 20; step++) {
        await job.tell(step * 5, 'on its way', { step })
        say(`step ${step}`)
        await sleep(50)
      }
      return { by: owner }
    },
  },
})
worker.start()
// A worker by itself does not keep a process.
setInterval(() => {}, 1_000)
say('ready')
