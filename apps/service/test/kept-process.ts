/**
 * A whole service in a process of its own, on a scripted host that lies in a folder, that ends as by kill -9 in the
 * middle of a deed. usage: kept-process.ts DATA HOST END
 */
import { writeSync } from 'node:fs'
import pino from 'pino'
import { openService } from '../src/service.ts'
import { endingAt, KeptHost } from './a-kept-host.ts'

const [data, host, end] = process.argv.slice(2) as [string, string, string]

await openService({
  ...{ data, location: 'local', publicNames: [] },
  driver: endingAt(new KeptHost(host), end, () => process.kill(process.pid, 'SIGKILL')),
  listen: { host: '127.0.0.1', port: 0 },
  log: pino({ level: process.env.TL_TEST_LOG ?? 'silent' }, pino.destination(2)),
})
writeSync(1, 'serves\n')
