import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { aService } from '../../apps/service/test/a-service.ts'
import { aNetwork } from '../../apps/service/test/a-vm.ts'

const root = join(import.meta.dirname, '../..')

test("Azure's own client makes an image, a VM of it by its id, and disks, and is refused in codes it knows", async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const piece = `${service.group('rg')}/providers/TrustedLaunch/uploads/one?offset=0&size=4`
  await service.ask('PUT', piece, 'disk', { 'content-type': 'application/octet-stream' })
  const caFile = join(service.data, 'client-ca.pem')
  writeFileSync(caFile, service.ca)
  const args = ['tests/clients/azure-images.ts', join(service.data, 'admin.json'), 'rg', nic]
  const story = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
  })
  const [told, [code]] = await Promise.all([text(story.stderr), once(story, 'exit')])
  assert.equal(code, 0, told)
})
