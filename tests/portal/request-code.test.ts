// What the review shows for TypeScript compiles against Azure's client libraries, whatever is wanted.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { KEY } from '@trusted-launch/service/a-vm'

const root = join(import.meta.dirname, '../..')
/** Its types are a browser's, which tests have not. */
const from = (name: string) => import(`../../apps/portal/src/pages/create/${name}.ts`)
const { FIRST } = await from('draft')
const { sdkCodeOf } = await from('equivalents')
const { requestsOf, UNTOLD } = await from('new-vm')
const group = '/subscriptions/0/resourceGroups/rg'
const WEB = { ...FIRST, name: 'web', group: 'rg', sshKey: KEY }
const ALL = {
  ...WEB,
  ...{ hasPassword: true, hasCustomData: true, tags: 'env=test', osDiskGib: '40' },
  ...{ dataDisksGib: ['4', '8'], subnet: `${group}/subnets/one`, securityGroup: `${group}/nsg` },
}
const PLAIN = { ...WEB, securityType: 'Standard', guestAttestation: false }

/** Of what the code takes as given. */
const GIVEN = `declare const credential: import('@azure/core-auth').TokenCredential
declare const subscriptionId: string
declare const endpoint: string
`
const OPTIONS = {
  ...{ strict: true, noEmit: true, skipLibCheck: true, types: ['node'] },
  ...{ target: 'esnext', module: 'nodenext', lib: ['esnext'] },
}

test('what the review shows for TypeScript compiles', { timeout: 120_000 }, (t) => {
  // Where packages are found from.
  mkdirSync(join(root, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, '.cache/request-code-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('given.d.ts', GIVEN)
  write('tsconfig.json', JSON.stringify({ compilerOptions: OPTIONS, include: ['*.ts', '*.mts'] }))
  const image = { reference: { id: `${group}/image` }, osType: 'Linux' }
  for (const [name, draft] of Object.entries({ web: WEB, all: ALL, plain: PLAIN })) {
    const requests = requestsOf(draft, UNTOLD, image, { location: 'local', group })
    write(`${name}.mts`, sdkCodeOf(requests, 'local'))
  }
  const compile = () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], {
      encoding: 'utf8',
    })
    return { status, stdout }
  }
  assert.deepEqual(compile(), { status: 0, stdout: '' })
  write(
    'wrong.mts',
    sdkCodeOf(requestsOf(WEB, UNTOLD, image, { location: 'local', group }), 'local').replace(
      'hardwareProfile',
      'hardware',
    ),
  )
  assert.match(compile().stdout, /^\S*wrong\.mts.*'hardware'/, 'the libraries are looked at')
})
