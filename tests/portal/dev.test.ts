import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aDevServer } from './a-dev-server.ts'
import { aSession } from './a-session.ts'

test('while the portal is worked on, its sources are served as they are, and a real service answers them', async (t) => {
  const { service, address } = await aDevServer(t, 0)
  const session = await aSession(t, await address(), service.ca)
  const page = await session.text('/portal/virtual-machines', 'text/html')
  assert.match(page, /src="\/portal\/src\/main\.tsx"/)
  assert.match(await session.text('/portal/src/paths.ts'), /overview: ["']\/["']/)
  const rows = await session.list(`${service.subscription}/providers/TrustedLaunch/fleet`)
  const told = rows.map(({ name, integrity }) => `${name} ${integrity}`)
  assert.deepEqual(told.sort(), ['db drifting', 'old unproven', 'web affirming'])
})
