/**
 * The service that the benchmark kills. usage: kills-service.ts DATA scripted|real; a line on stdin starts it. It
 * says when it answers.
 */
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openService } from '@trusted-launch/service'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import pino from 'pino'
import { FileMap, isDoomed } from './kills-host.ts'

const [data, kind] = process.argv.slice(2) as [string, string]
const DEED_MS = 40
/** VMs of which something is being done now. */
const busy = new Set<string>()

function scripted(): ScriptedHost {
  return new ScriptedHost({ before }, new FileMap(join(data, 'machines')))
}

/** Takes a moment; two at a time with one VM are told as what must not be. */
async function before(deed: string, id: string): Promise<void> {
  if (!id.startsWith('vm-')) return
  if (busy.has(id)) writeSync(1, `overlap ${deed} ${id}\n`)
  busy.add(id)
  await sleep(Math.random() * DEED_MS)
  busy.delete(id)
  if (deed === 'create' && isDoomed(id)) throw new Error('this one cannot be made')
}

async function serve(): Promise<void> {
  await openService({
    ...{ data, location: 'local', publicNames: [] },
    listen: { host: '127.0.0.1', port: 0 },
    log: pino({ level: 'warn' }, pino.destination({ dest: join(data, 'log'), sync: true })),
    ...(kind === 'scripted' && { driver: scripted() }),
  })
  writeSync(1, 'serves\n')
}

// What is killed writes nothing at its end.
flushCompileCache()
process.stdin.once('data', () => {
  serve().catch((error) => {
    process.stderr.write(`${error.stack}\n`)
    process.exit(1)
  })
})
process.stdin.once('end', () => process.exit(0))
