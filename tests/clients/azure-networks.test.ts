import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { aService } from '../../apps/service/test/a-service.ts'

const root = join(import.meta.dirname, '../..')

test("Azure's own client makes public addresses of the pool, and load balancers with rules, probes and inbound NAT", async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const caFile = join(service.data, 'client-ca.pem')
  writeFileSync(caFile, service.ca)
  const admin = join(service.data, 'admin.json')
  const story = spawn(process.execPath, ['tests/clients/azure-networks.ts', admin, 'rg'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
  })
  const [told, [code]] = await Promise.all([text(story.stderr), once(story, 'exit')])
  assert.equal(code, 0, told)
})
