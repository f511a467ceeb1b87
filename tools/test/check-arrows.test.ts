import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOf, impuritiesOf } from '../check-arrows.ts'
import { importsOf } from '../rooms.ts'

const room = (name: string, declared: string[], source: string) =>
  faultsOf({
    folder: `packages/${name}`,
    name,
    declared,
    sources: [[`packages/${name}/src/a.ts`, source]],
  })

test('every form of import is seen', () => {
  const text = `import a from 'a'\nimport { type B,\n  c } from 'b'\nexport * from './c.ts'\nawait import('d')\nimport 'e'\n`
  assert.deepEqual(importsOf(text), ['a', 'b', './c.ts', 'd', 'e'])
})

test('an arrow is declared, used, and goes down', () => {
  const uses = (name: string) => `import { x } from '@trusted-launch/${name}'\n`
  assert.deepEqual(room('tpm2', ['@trusted-launch/codec'], uses('codec')), [])
  assert.match(room('tpm2', [], uses('codec'))[0]!, /undeclared/)
  assert.match(room('tpm2', ['@trusted-launch/codec'], '')[0]!, /unused/)
  assert.match(room('codec', ['@trusted-launch/tpm2'], uses('tpm2'))[0]!, /not below/)
  assert.match(room('cli', ['@trusted-launch/agent'], uses('agent'))[0]!, /not below/)
  assert.match(room('attic', [], '')[0]!, /no place/)
})

test('a relative import may not leave its room', () => {
  assert.match(
    room('tpm2', [], `import { x } from '../../codec/src/reader.ts'\n`)[0]!,
    /leaves the room/,
  )
  assert.deepEqual(room('tpm2', [], `import { x } from './errors.ts'\n`), [])
})

test('a program enters tools by set-up’s door, a package by none', () => {
  const source = (file: string) => `const { need } = await import('../../../tools/${file}')\n`
  const app = (file: string) =>
    faultsOf({
      folder: 'apps/cli',
      name: 'cli',
      declared: [],
      sources: [['apps/cli/src/a.ts', source(file)]],
    })
  assert.deepEqual(app('setup.mjs'), [])
  assert.match(app('progress.mjs')[0]!, /leaves the room/)
  assert.match(room('tpm2', [], source('setup.mjs'))[0]!, /leaves the room/)
})

test('a package reads no file, clock, environment or chance, and depends on nobody else', () => {
  const faults = (name: string, source: string, declared: string[] = []) =>
    impuritiesOf({
      folder: `packages/${name}`,
      name,
      declared,
      sources: [[`packages/${name}/src/a.ts`, source]],
    })
  for (const source of ['Date.now()', 'process.env', 'Math.random()', "import 'node:fs'"])
    assert.equal(faults('uefi', source).length, 1, source)
  assert.equal(faults('uefi', "import { sign } from 'node:crypto'").length, 1)
  assert.deepEqual(faults('crypto', "import { sign } from 'node:crypto'"), [])
  assert.deepEqual(faults('uefi', '// as process.env would be'), [])
  assert.equal(faults('uefi', '', ['left-pad']).length, 1)
  const app = { folder: 'apps/host', name: 'host', declared: [], sources: [] }
  assert.deepEqual(impuritiesOf({ ...app, sources: [['apps/host/src/a.ts', 'Date.now()']] }), [])
})
