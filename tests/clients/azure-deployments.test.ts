import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { aService } from '../../apps/service/test/a-service.ts'

const root = join(import.meta.dirname, '../..')

test("Azure's own client validates, foresees and deploys a Trusted Launch VM with all that belongs to it, by a template like Azure's own", async (t) => {
  const service = await aService(t)
  const caFile = join(service.data, 'client-ca.pem')
  writeFileSync(caFile, service.ca)
  const admin = join(service.data, 'admin.json')
  const story = spawn(process.execPath, ['tests/clients/azure-deployments.ts', admin], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
  })
  const [told, [code]] = await Promise.all([text(story.stderr), once(story, 'exit')])
  assert.equal(code, 0, told)
})
