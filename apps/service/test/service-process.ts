/**
 * A whole service in a process of its own, on a scripted host that lies in a folder and is one process's at a time.
 * usage: service-process.ts DATA HOST [POSTGRES-URL]; it says when it answers.
 */
import { mkdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { holdLock } from '@trusted-launch/host'
import pino from 'pino'
import { FileMap } from '../../../bench/kills-host.ts'
import { openService } from '../src/service.ts'
import { ScriptedHost } from './scripted/host.ts'

const [data, host, url] = process.argv.slice(2) as [string, string, string?]

/** Its lock goes with the process. */
async function openHost(): Promise<ScriptedHost> {
  mkdirSync(host, { recursive: true })
  const letGo = holdLock(join(host, 'lock'))
  const driver = new ScriptedHost({}, new FileMap(join(host, 'machines')))
  driver.close = async () => letGo()
  return driver
}

const service = await openService({
  ...{ data, location: 'local', publicNames: [], driver: openHost },
  ...(url !== undefined && { database: { url } }),
  listen: { host: '127.0.0.1', port: 0 },
  log: pino({ level: process.env.TL_TEST_LOG ?? 'silent' }, pino.destination(2)),
})
process.once('SIGTERM', () => service.close())
writeSync(1, 'serves\n')
