/** A service with its portal, whose VMs prove their boot. usage: portal-service.ts DATA; it ends with its stdin. */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { openService } from '@trusted-launch/service'
import { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import pino from 'pino'

await openService({
  ...{ data: process.argv[2]!, location: 'local', publicNames: [], driver: new DriftedHost() },
  listen: { host: '127.0.0.1', port: 0 },
  portal: join(import.meta.dirname, '../.cache/portal'),
  log: pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })),
})
writeSync(1, 'serves\n')
process.stdin.once('end', () => process.exit(0)).resume()
