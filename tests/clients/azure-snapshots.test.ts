import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { aService } from '../../apps/service/test/a-service.ts'
import { aVm } from '../../apps/service/test/a-vm.ts'

const root = join(import.meta.dirname, '../..')

test("Azure's own client takes snapshots and restore points of a VM that runs, makes disks of them and deletes them", async (t) => {
  const service = await aService(t)
  await aVm(service)
  const caFile = join(service.data, 'client-ca.pem')
  writeFileSync(caFile, service.ca)
  const args = ['tests/clients/azure-snapshots.ts', join(service.data, 'admin.json'), 'rg', 'web']
  const story = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
  })
  const [told, [code]] = await Promise.all([text(story.stderr), once(story, 'exit')])
  assert.equal(code, 0, told)
})
