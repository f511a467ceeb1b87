// The commands of docs/guides/sign-in.md, as they stand there, against a service.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { BUILT_IN_ROLES } from '../../src/identity/role-definitions.ts'
import { aService } from '../a-service.ts'

const guide = readFileSync(new URL('../../../../docs/guides/sign-in.md', import.meta.url), 'utf8')
const commands = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text!)

const hasCurl = spawnSync('curl', ['--version']).status === 0

async function run(script: string, folder: string): Promise<string> {
  const PATH = `${dirname(process.execPath)}:${process.env.PATH}`
  const child = spawn('sh', ['-euc', script], { cwd: folder, env: { PATH } })
  const out = child.stdout.setEncoding('utf8').toArray()
  const err = child.stderr.setEncoding('utf8').toArray()
  const [code] = (await once(child, 'close')) as [number]
  assert.equal(code, 0, (await err).join(''))
  return (await out).join('')
}

test('the guide’s commands sign in', { skip: hasCurl ? false : 'no curl here' }, async (t) => {
  const service = await aService(t)
  const [environment, curl] = commands
  const { access_token } = JSON.parse(await run(`${environment}${curl}`, service.data))
  assert.equal(decodeJwt(access_token).appid, service.service.administrator.clientId)
})

test('the guide names every role by its id', () => {
  for (const { name, roleName } of BUILT_IN_ROLES) {
    assert.ok(guide.includes(name), name)
    assert.ok(guide.includes(roleName), roleName)
  }
})
