/** A service on a host without VMs. usage: api-service.ts DATA; it says when it answers, and ends with its stdin. */
import { writeSync } from 'node:fs'
import { openService } from '@trusted-launch/service'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import pino from 'pino'

await openService({
  ...{ data: process.argv[2]!, location: 'local', publicNames: [], driver: new ScriptedHost() },
  listen: { host: '127.0.0.1', port: 0 },
  log: pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })),
})
writeSync(1, 'serves\n')
process.stdin.once('end', () => process.exit(0)).resume()
