import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { FailingHost } from '../../apps/service/test/a-failing-host.ts'
import { aService } from '../../apps/service/test/a-service.ts'
import { aVm } from '../../apps/service/test/a-vm.ts'

const root = join(import.meta.dirname, '../..')
const properties = {
  publisher: 'Microsoft.Azure.Security.LinuxAttestation',
  type: 'GuestAttestation',
  typeHandlerVersion: '1.0',
}

test("Azure's own client reads alerts, dismisses one, suppresses its kind, and reads assessments and metadata", async (t) => {
  const service = await aService(t, new FailingHost())
  const { id } = await aVm(service)
  const extension = { location: 'local', properties }
  await service.over(await service.ask('PUT', `${id}/extensions/GuestAttestation`, extension))
  const caFile = join(service.data, 'client-ca.pem')
  writeFileSync(caFile, service.ca)
  const admin = join(service.data, 'admin.json')
  const story = spawn(process.execPath, ['tests/clients/azure-security.ts', admin, id], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
  })
  const [told, [code]] = await Promise.all([text(story.stderr), once(story, 'exit')])
  assert.equal(code, 0, told)
})
