/**
 * A whole service in a process of its own, on a scripted host with real images, that ends as by kill -9 in the middle
 * of one. usage: images-process.ts DATA HOST END
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { holdLock } from '@trusted-launch/host'
import pino from 'pino'
import { openService } from '../src/service.ts'
import { HostWithImages } from './a-host-with-images.ts'

const [data, host, end] = process.argv.slice(2) as [string, string, string]

const letGo = holdLock(join(host, 'lock'))
const driver = new HostWithImages(host, (at) => {
  if (at === end) process.kill(process.pid, 'SIGKILL')
})
driver.close = async () => letGo()
await openService({
  ...{ data, location: 'local', publicNames: [], driver },
  listen: { host: '127.0.0.1', port: 0 },
  log: pino({ level: process.env.TL_TEST_LOG ?? 'silent' }, pino.destination(2)),
})
writeSync(1, 'serves\n')
